/**
 * A carrier: the response of Node to which a layer (`@hono/node-server`, srvx) writes the body of a `Response`. The layer
 * sends the head, so every header that anything has set arrives. Once it has written what it read, unchanged, the
 * stream can write to the carrier itself.
 */
import { type Holdable, hold, release } from "./first-packet.js";
import type { Sink, SinkListener, SinkState } from "./sink.js";

export interface Carrier extends Omit<Sink, "open" | "lastEventId" | "headersOnly"> {
	readonly response: CarrierResponse;
	/**
	 * Continues the response, whose head the layer has sent.
	 *
	 * @param onDetach called when the response is released
	 */
	adopt(listener: SinkListener, onDetach: () => void): void;
	/** Writes bytes after `adopt`, before any frame. */
	writeBytes(bytes: Uint8Array): SinkState;
	/** Releases the response. @returns the listener */
	detach(): SinkListener | undefined;
}

interface CarrierResponse {
	/** `null` while it waits behind another response. */
	readonly socket: Partial<Holdable> | null;
	/** HTTP/2 only. */
	readonly stream?: unknown;
	write(...chunk: never[]): boolean;
	on(event: "close", listener: () => void): unknown;
	removeListener(event: "close", listener: () => void): unknown;
}

/** A layer that has read more chunks than this and written none does not write to the carrier. Layers read up to three before the head. */
const MAX_UNWRITTEN = 8;

/** Finds out whether a layer writes the body of a `Response` to a carrier as it is. */
export class Passage {
	readonly #carrier: CarrierResponse;
	readonly #onProven: () => void;
	/** Held until the first write. */
	readonly #socket: Holdable | undefined;
	/** What the layer has read and not yet written. */
	readonly #unwritten: unknown[] = [];
	/** Set while it is watched. */
	#stop: (() => void) | undefined;

	/** @param onProven called after a write, when the layer has written all that it has read, unchanged */
	constructor(body: ReadableStream, carrier: CarrierResponse, onProven: () => void) {
		this.#carrier = carrier;
		this.#onProven = onProven;
		this.#socket = holdableOf(carrier);
		if (this.#socket !== undefined) hold(this.#socket);
		// Layers read by a reader. What transforms or observes a body uses `pipeThrough`, `pipeTo`, `tee` or a loop.
		const getReader = (...mode: never[]): unknown => {
			this.#stop ??= watchWrites(this.#carrier, (chunk) => this.#onWritten(chunk));
			return Reflect.apply(ReadableStream.prototype.getReader, body, mode);
		};
		Object.defineProperty(body, "getReader", { value: getReader, configurable: true });
	}

	/** Call before the reader gets a chunk. */
	onRead(chunk: Uint8Array): void {
		if (this.#stop !== undefined && this.#unwritten.push(chunk) > MAX_UNWRITTEN) this.stop();
	}

	stop(): void {
		this.#stop?.();
		this.#stop = undefined;
	}

	#onWritten(chunk: unknown): void {
		const isOurs = this.#unwritten.shift() === chunk;
		if (isOurs && this.#unwritten.length > 0) return;
		this.stop();
		if (isOurs) this.#onProven();
		if (this.#socket !== undefined) release(this.#socket);
	}
}

/** HTTP/2 gathers frames by itself, and stand-ins have nothing to gather. */
function holdableOf({ socket, stream }: CarrierResponse): Holdable | undefined {
	const isHoldable = stream === undefined && typeof socket?.cork === "function";
	return isHoldable ? (socket as Holdable) : undefined;
}

/** Calls `onWritten` after each write to a response. @returns a function that stops this */
function watchWrites(response: CarrierResponse, onWritten: (chunk: unknown) => void): () => void {
	const before = Object.getOwnPropertyDescriptor(response, "write");
	const { write } = response;
	let isWatching = true;
	const watched = function (this: unknown, ...chunk: never[]): boolean {
		const isWritable = Reflect.apply(write, this, chunk);
		if (isWatching) onWritten(chunk[0]);
		return isWritable;
	};
	response.write = watched;
	return () => {
		isWatching = false;
		// Where something has wrapped it meanwhile, it stays, and only passes on.
		if (response.write !== watched) return;
		if (before === undefined) Reflect.deleteProperty(response, "write");
		else Object.defineProperty(response, "write", before);
	};
}
