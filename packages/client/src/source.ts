/**
 * A source: where a stream's events come from. The connector makes requests; a shared source follows another tab, or leads and
 * has a connector of its own.
 */
import type { StreamError } from "./stream-error.js";
import type { StreamState } from "./types.js";

/** One event, as on the wire. `id`: the last event ID after it. */
export interface RawEvent {
	readonly type: string;
	readonly text: string;
	readonly id: string | undefined;
}

/** What a source reports to. */
export interface SourceHost {
	onEvent(event: RawEvent): void;
	/** Called when the last event ID has changed without an event. */
	onPosition(id: string): void;
	onState(state: Exclude<StreamState, "closed">): void;
	/** Called on a failure that another attempt follows. */
	onError(error: StreamError): void;
	/** Called when the source has ended for good. */
	onEnd(error?: StreamError): void;
	/** Returns a promise while readers are too far behind. */
	room(): Promise<void> | undefined;
}

export interface Source {
	/** Begins after this position. */
	start(lastEventId: string | undefined): void;
	/** Ends at once. Nothing is reported afterwards. */
	stop(): void;
}
