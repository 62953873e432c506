/**
 * Figures and health of a service. Types only: nothing here runs.
 */

/** What `stats()` returns: figures of this moment, and counters since the service was created. */
export interface SSEStats {
	/** Connections open now. */
	readonly connections: number;
	/** Clients with an open connection now. */
	readonly clients: number;
	/** Groups with a connection now. */
	readonly groups: number;
	/** Connections opened since the service was created. */
	readonly connectionsOpened: number;
	/** Deliveries since the service was created: an event handed to three connections counts three. */
	readonly eventsSent: number;
	/** Bytes of event streams written, comments included. */
	readonly bytesSent: number;
	/** Dropped deliveries, by cause: `volatile`, `drop-oldest`, `drop-newest`, `conflate`. */
	readonly drops: Readonly<Record<string, number>>;
	/** Clients that reconnected with a last event ID, by what they received: `replayed`, `recovered`, or the reason of a gap. */
	readonly resumes: Readonly<Record<string, number>>;
	/** What the event log holds in memory now. `undefined` without `history`. */
	readonly history: { readonly events: number; readonly bytes: number } | undefined;
	/** Ended connections, by close reason. Beyond 64 different reasons, further ones count as `other`. */
	readonly closes: Readonly<Record<string, number>>;
	/** Errors passed to `onError`, or that would have been. */
	readonly errors: number;
}

/** The health of a shared event log. */
export interface LogHealth {
	/** Whether appended events were seen to arrive here within the last ten seconds, and not all of them were refused during that time. */
	readonly ready: boolean;
	/** Events in the log that this process had not delivered yet, when it last looked. */
	readonly behind: number;
	/** The name of the engine, such as `Redis`. */
	readonly engine?: string | undefined;
	/** Why the log is not ready, if known. */
	readonly error?: string | undefined;
}

/** What `health()` returns, for the probes of an orchestrator. */
export interface SSEHealth {
	/** False if a restart would help. An unavailable event log does not change that. */
	readonly live: boolean;
	/** Whether to route new clients here: the service is not closed, and its shared event log, if any, accepts and delivers events. */
	readonly ready: boolean;
	/** The health of the shared event log; `undefined` without one. */
	readonly log: LogHealth | undefined;
}
