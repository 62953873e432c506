/**
 * A sink: the narrow interface through which a connection writes its event stream, whatever carries
 * it (a Node response today). The core above it knows no transport.
 */

import type { SSEHeaders } from "../types/http.js";
import type { Frame } from "../wire/frame.js";

/** What a sink tells the connection that opened it. */
export interface SinkListener {
	/** Called after `write` has answered `"full"`, once the sink takes more. */
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
 * What a sink has done with what it was given: `"taken"`: the operating system has all of it, `"held"`: some of it waits in
 * the sink, which takes more all the same, `"full"`: it takes no more until `onDrain`.
 */
export type SinkState = "taken" | "held" | "full";

export interface Sink {
	/** The object the application knows this stream by: Node's response. */
	readonly response: object;
	/** The `Last-Event-ID` the client came with, decoded, or `undefined`. */
	readonly lastEventId: string | undefined;
	/** Whether the request wants headers only (HEAD); such a sink is opened, then ended. */
	readonly headersOnly: boolean;
	/** `"fresh"`: can be opened. `"started"`: someone has sent headers or ended it. `"gone"`: the client has left. */
	readonly state: "fresh" | "started" | "gone";
	/** Whether the stream has been ended on this side, by whomever: nothing more can be written. */
	readonly ended: boolean;
	/** Bytes written and not yet taken over by the operating system. */
	readonly bufferedBytes: number;

	/**
	 * Send the headers, and `opening` as the first bytes of the stream.
	 *
	 * @throws `ERR_SSE_INVALID_HEADERS`, with nothing written and the response's headers as they were
	 */
	open(headers: SSEHeaders, opening: Frame, listener: SinkListener): void;
	/** Write a frame, or its bytes from `from` to `to`, with the others before and after it. None is refused, in whatever state. */
	write(frame: Frame, from: number, to: number): SinkState;
	/**
	 * End the stream in an orderly way, after what was written.
	 *
	 * @param scope `"connection"`: the transport's connection as well, so that no further request comes on it
	 */
	end(scope: "stream" | "connection"): void;
	/** End it at once, dropping what was written and not sent. */
	destroy(): void;
}
