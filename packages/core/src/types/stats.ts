/**
 * Figures and health of a service. Types only: nothing here runs.
 */
export interface SSEStats {
	/** Open now. */
	readonly connections: number;
	/** With an open connection now. */
	readonly clients: number;
	/** With a connection in them now. */
	readonly groups: number;
	/** Opened since the service was made. */
	readonly connectionsOpened: number;
	/** Deliveries since the service was made: an event handed to three connections counts three. */
	readonly eventsSent: number;
	/** Bytes of event stream written, comments included. */
	readonly bytesSent: number;
	/** Deliveries dropped, by cause: `volatile`, `drop-oldest`, `drop-newest`, `conflate`. */
	readonly drops: Readonly<Record<string, number>>;
	/** Clients that came back with a last event ID, by what they were given: `replayed`, `recovered`, or a gap, by its reason. */
	readonly resumes: Readonly<Record<string, number>>;
	/** What the event log keeps now: events, and bytes in memory. `undefined` without `history`. */
	readonly history: { readonly events: number; readonly bytes: number } | undefined;
	/** Connections ended, by close reason. After 64 different ones further reasons count as `other`. */
	readonly closes: Readonly<Record<string, number>>;
	/** Errors told to `onError`, or that would have been. */
	readonly errors: number;
}

/** How the log is. */
export interface LogHealth {
	/** Whether what is appended was seen to arrive here in the last ten seconds, and not all of it was refused for so long. */
	readonly ready: boolean;
	/** Events that the log has and that were not delivered here yet, when that was last looked at. */
	readonly behind: number;
	/** Why it is not ready, if that is known. */
	readonly error?: string | undefined;
}

/** For the probes of an orchestrator. */
export interface SSEHealth {
	/** Whether the process is as it should be. An event log that is away does not change that: a restart would not help. */
	readonly live: boolean;
	/** Whether new clients are welcome: the service is not closed, and its shared event log, if it has one, takes events and delivers them. */
	readonly ready: boolean;
	/** How the shared event log is; `undefined` without one. */
	readonly log: LogHealth | undefined;
}
