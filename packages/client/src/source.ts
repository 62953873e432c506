/**
 * A source: where a stream's events come from. The connector makes requests; a shared source hears another tab, or
 * leads and has a connector of its own.
 */
import type { StreamError } from "./stream-error.js";
import type { StreamState } from "./types.js";

/** One event as it is on the wire. `id`: the last event ID after it. */
export interface RawEvent {
	readonly type: string;
	readonly text: string;
	readonly id: string | undefined;
}

/** What a source reports to. */
export interface SourceHost {
	onEvent(event: RawEvent): void;
	/** The last event ID has moved without an event. */
	onPosition(id: string): void;
	onState(state: Exclude<StreamState, "closed">): void;
	/** A failure that another attempt follows. */
	onError(error: StreamError): void;
	/** The source has ended for good. */
	onEnd(error?: StreamError): void;
	/** A promise while more events are waiting than readers take. */
	room(): Promise<void> | undefined;
}

export interface Source {
	/** Begin after this position. */
	start(lastEventId: string | undefined): void;
	/** End at once. Nothing is reported afterwards. */
	stop(): void;
}
