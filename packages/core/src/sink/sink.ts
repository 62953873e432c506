/**
 * A sink: the narrow interface through which a connection writes its event stream, whatever the transport: a
 * response of Node, or a `Response` of the Fetch API. The core above it knows no transport.
 */

import type { OwnHeaders, SSEHeaders } from "../types/http.js";
import type { Frame } from "../wire/frame.js";

/** The callbacks of a sink to the connection that opened it. */
export interface SinkListener {
	/** Called after `write` returned `"full"`, once the sink accepts more. */
	onDrain(): void;
	/**
	 * Called exactly once after `open`, when nothing more can be written: the stream has ended or its
	 * client has left, also while a write was blocked.
	 *
	 * @param ended true when the response was ended in an orderly way on this side
	 */
	onClose(ended: boolean): void;
}

/**
 * The state after a write. `"taken"`: the operating system has all of it. `"held"`: some of it waits in the sink, which still
 * accepts more. `"full"`: the sink accepts no more until `onDrain`.
 */
export type SinkState = "taken" | "held" | "full";

/** What a connection writes to. */
export interface Sink {
	/** The object by which the application knows this stream: Node's response, or a `Response`. */
	readonly response: object;
	/** The `Last-Event-ID` of the request, decoded, or `undefined`. */
	readonly lastEventId: string | undefined;
	/** Whether the request is a long poll: it asks for the next events instead of a stream. */
	readonly isLongPoll: boolean;
	/** Whether the request asks for headers only (HEAD); such a sink is opened, then ended. */
	readonly headersOnly: boolean;
	/**
	 * `"fresh"`: can be opened. `"started"`: someone has sent headers or ended it. `"gone"`: the client has left. `"blocked"`: it
	 * could only begin after another stream on the same transport has ended.
	 */
	readonly state: "fresh" | "started" | "gone" | "blocked";
	/** Whether the stream has been ended on this side, by the core or the application: nothing more can be written. */
	readonly ended: boolean;

	/**
	 * Sends the headers, ours before those that are given, and `opening` as the first bytes of the stream.
	 *
	 * @throws `ERR_SSE_INVALID_HEADERS`, with nothing written and the response's headers as they were
	 */
	open(own: OwnHeaders, headers: SSEHeaders, opening: Frame, listener: SinkListener): void;
	/** Writes a frame, or its bytes from `from` to `to`, in order with the others. Never refuses, in any state. */
	write(frame: Frame, from: number, to: number): SinkState;
	/** Passes on what the transport collects until the end of the tick. @returns the bytes that the operating system has not accepted yet */
	passOn(): number;
	/** Has the operating system probe the client each time it has been silent for this long, in ms. Call when it has been. */
	probe(idleMs: number): void;
	/**
	 * Ends the stream after everything written.
	 *
	 * @param scope `"connection"`: also ends the transport's connection, so that no further request arrives on it
	 */
	end(scope: "stream" | "connection"): void;
	/** Ends the stream at once, dropping what was written but not sent. */
	destroy(): void;
}
