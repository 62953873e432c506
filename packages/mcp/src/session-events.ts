/**
 * The event store of one session, for its transport: stores what the transport sends, and replays it to a client that reconnects.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { SSEError } from "sse-service/engine";
import { parseEventId } from "./event-id.js";
import { answersOf, type JsonRpcMessage } from "./json-rpc.js";
import { follow, refused, replay, type Send, type Tail } from "./replay.js";
import type { WriterLimits } from "./segment-writer.js";
import { newNonce, Segments, type SegmentsHost } from "./segments.js";
import { StreamWriter } from "./stream-writer.js";

/** What a transport of the MCP SDK accepts as `eventStore`. Its methods are the transport's to call. */
export interface SessionEvents {
	/** Stores a message. @returns its id; if the store is unavailable, one that is refused later */
	storeEvent(streamId: string, message: object): Promise<string>;

	/**
	 * Notes the requests that the transport receives, so that a call which ends with its process is answered with an error, in
	 * another one: `transport.onmessage = eventStore.onmessage`, before the server is connected to the transport. Applies to
	 * clients of protocol 2025-11-25 and later.
	 */
	readonly onmessage: (message: object) => void;

	/**
	 * Sends the messages after an event. If another process writes the stream, messages to come are sent as well.
	 *
	 * @returns the stream's id
	 * @throws (rejects) `ERR_SSE_INVALID_ID` for text that is no id; `ERR_SSE_RUN_UNKNOWN` for an id of another session, or one after
	 * which events are no longer kept; and what the store rejects with
	 */
	replayEventsAfter(lastEventId: string, options: { readonly send: Send }): Promise<string>;

	/** Finishes the session's streams here. What is stored stays for `ttlMs`. Call when the transport is closed. */
	close(): Promise<void>;
}

/** A server sends no answer to a request that the client has cancelled. */
const CANCELLED = "notifications/cancelled";

/** The stream whose priming event was stored in this context. */
const primed = new AsyncLocalStorage<{ readonly session: Session; readonly streamId: string }>();

export interface SessionHost extends SegmentsHost {
	readonly limits: WriterLimits;
	/** The sessions that have something to close. */
	readonly open: Set<SessionEvents>;
	onError(error: unknown): void;
}

export class Session implements SessionEvents {
	readonly #id: string;
	readonly #host: SessionHost;
	readonly #writer = newNonce();
	readonly #writers = new Map<string, StreamWriter>();
	readonly #followed = new Map<string, AbortController>();
	/** Aborts at the next `close`. */
	#closing = new AbortController();

	constructor(id: string, host: SessionHost) {
		this.#id = id;
		this.#host = host;
	}

	storeEvent(streamId: string, message: JsonRpcMessage): Promise<string> {
		// The transport stores a priming event, and then calls `onmessage` with the request, in the same context.
		if (Object.keys(message).length === 0) primed.enterWith({ session: this, streamId });
		return this.#writerOf(streamId).append(JSON.stringify(message), answersOf(message));
	}

	readonly onmessage = ({ id, method, params }: JsonRpcMessage): void => {
		const cancelled = method === CANCELLED ? params?.requestId : undefined;
		if (cancelled !== undefined) for (const each of this.#writers.values()) each.dismiss(cancelled);
		const stream = primed.getStore();
		if (stream?.session !== this || method === undefined) return;
		if (id !== undefined && id !== null) this.#writers.get(stream.streamId)?.expect(id);
	};

	async replayEventsAfter(lastEventId: string, { send }: { readonly send: Send }): Promise<string> {
		const position = parseEventId(lastEventId);
		if (position === undefined) {
			throw new SSEError("ERR_SSE_INVALID_ID", "The last event id is not from this server");
		}
		const { streamId } = position;
		const { signal } = this.#closing;
		const segments = this.#segmentsOf(streamId);
		// Nothing may be stored between the last message that is read here and the moment from which the transport sends by itself.
		const writer = this.#writerOf(streamId);
		const release = await writer.hold();
		try {
			if (writer.isTorn) throw refused("messages of its stream could not be stored");
			const tail = await replay(segments, position, send, writer.acknowledged);
			// Its transport may be closed meanwhile.
			if (!signal.aborted) void this.#follow(segments, streamId, tail, send);
			return streamId;
		} finally {
			// The transport continues in a microtask.
			setImmediate(release);
		}
	}

	async close(): Promise<void> {
		this.#closing.abort();
		this.#closing = new AbortController();
		for (const followed of this.#followed.values()) followed.abort();
		await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
	}

	/** Sends what another process writes from now on. The transport sends what is stored here. */
	async #follow(segments: Segments, streamId: string, tail: Tail, send: Send): Promise<void> {
		this.#followed.get(streamId)?.abort();
		const controller = new AbortController();
		this.#followed.set(streamId, controller);
		this.#host.open.add(this);
		const { onError } = this.#host;
		const rules = { writer: this.#writer, send, signal: controller.signal, onError };
		await follow(segments, streamId, tail, rules).catch(onError);
		if (this.#followed.get(streamId) === controller) this.#followed.delete(streamId);
		this.#settle();
	}

	#segmentsOf(streamId: string): Segments {
		return new Segments(this.#host, this.#id, streamId);
	}

	#writerOf(streamId: string): StreamWriter {
		const known = this.#writers.get(streamId);
		if (known !== undefined) return known;
		const { limits, onError, open } = this.#host;
		const writer = new StreamWriter({
			segments: this.#segmentsOf(streamId),
			streamId,
			writer: this.#writer,
			limits,
			onError,
			onIdle: () => {
				if (this.#writers.get(streamId) === writer) this.#writers.delete(streamId);
				this.#settle();
			},
		});
		this.#writers.set(streamId, writer);
		open.add(this);
		return writer;
	}

	#settle(): void {
		if (this.#writers.size === 0 && this.#followed.size === 0) this.#host.open.delete(this);
	}
}
