/**
 * The outbox of one connection: what was sent to it and is not written yet, in order, within a bound.
 *
 * While the sink takes what it is given, frames gather in a batch that is written when the turn ends.
 * While it does not, they wait in a queue of this connection's own.
 */
import type { Batch } from "./batch.js";
import type { Flush } from "./flush.js";
import { concatFrames, type Frame } from "./frame.js";
import type { Sink } from "./sink.js";
import type { Counters } from "./stats.js";
import type { SlowPolicy } from "./types.js";

/** The service's part in every outbox. */
export interface OutboxShared {
	readonly flush: Flush;
	readonly counters: Counters;
	readonly options: { readonly maxBufferedBytes: number; readonly slowPolicy: SlowPolicy };
}

export interface OutboxOwner {
	/** It cannot go on: `slow` at the bound, `error` when the sink threw (only middleware that wraps `res.write` does). */
	onFailure(reason: "slow" | "error", error?: unknown): void;
}

// A burst is written this often within a turn, so that the operating system's buffers take part of it;
// and what has waited is written in pieces of this size.
const WRITE_BYTES = 64 * 1024;

export class Outbox {
	readonly #shared: OutboxShared;
	readonly #sink: Sink;
	readonly #owner: OutboxOwner;
	/** The sink takes no more for now. */
	#blocked = false;
	/** What is written at the end of this turn. Empty while blocked. */
	#batch: Batch | undefined;
	/** What waits for the sink, oldest first. Empty unless blocked. */
	#queue: Frame[] = [];
	#queuedBytes = 0;
	/** A frame larger than the whole bound that waits or is on its way: it alone may exceed it. */
	#oversize: Frame | undefined;
	#waiting: (() => void)[] = [];

	constructor(shared: OutboxShared, sink: Sink, owner: OutboxOwner) {
		this.#shared = shared;
		this.#sink = sink;
		this.#owner = owner;
	}

	/** Bytes that are not with the operating system yet, the sink's included. */
	get bufferedBytes(): number {
		return this.#sink.bufferedBytes + this.#queuedBytes + (this.#batch?.byteLength ?? 0);
	}

	/** Nothing waits: what is sent now is written when the turn ends. */
	get idle(): boolean {
		return !this.#blocked && this.#batch === undefined;
	}

	/** Take a frame. @returns false when it was dropped, or was too much */
	add(frame: Frame): boolean {
		if (!this.#admit(frame)) return false;
		if (this.#blocked) {
			this.#queue.push(frame);
			this.#queuedBytes += weightOf(frame);
			return true;
		}
		if (this.#batch === undefined) this.#shared.flush.schedule(this);
		this.#batch = (this.#batch ?? this.#shared.flush.start).add(frame);
		if (this.#batch.byteLength >= WRITE_BYTES) this.flush();
		return true;
	}

	/** Write what this turn has gathered. */
	flush(): void {
		const batch = this.#batch;
		if (batch === undefined) return;
		this.#batch = undefined;
		this.#write(batch.bytes);
	}

	/** Write everything, whether the sink takes it now or holds it. */
	flushAll(): void {
		this.flush();
		if (this.#queue.length > 0) this.#writeQueue(Infinity);
	}

	/** Drop everything. Whoever waits for room is let go. */
	clear(): void {
		this.#batch = undefined;
		this.#queue = [];
		this.#queuedBytes = 0;
		this.#letGo();
	}

	/** The sink takes more again: write what has waited, as far as that goes. */
	drain(): void {
		if (!this.#blocked) return;
		this.#blocked = false;
		this.#forgetOversize();
		while (!this.#blocked && this.#queue.length > 0) this.#writeQueue(WRITE_BYTES);
		if (!this.#blocked) this.#letGo();
	}

	/** Resolves when more can be written, or never will be; `undefined` when it can be now. */
	room(): Promise<void> | undefined {
		return this.#blocked ? new Promise((resolve) => this.#waiting.push(resolve)) : undefined;
	}

	#letGo(): void {
		for (const resolve of this.#waiting.splice(0)) resolve();
	}

	#write(bytes: Uint8Array): void {
		this.#shared.counters.bytesSent += bytes.byteLength;
		try {
			if (this.#sink.write(bytes)) this.#forgetOversize();
			else this.#blocked = true;
		} catch (error) {
			this.#owner.onFailure("error", error);
		}
	}

	/** Write frames from the head of the queue, until there are `limit` bytes of them. */
	#writeQueue(limit: number): void {
		const frames: Frame[] = [];
		let byteLength = 0;
		for (const frame of this.#queue) {
			frames.push(frame);
			this.#queuedBytes -= weightOf(frame);
			byteLength += frame.bytes.byteLength;
			if (byteLength >= limit) break;
		}
		this.#queue.splice(0, frames.length);
		this.#write(concatFrames(frames));
	}

	/** Whether a frame may be added. At the bound it is dropped if it is volatile, else the slow policy decides. */
	#admit(frame: Frame): boolean {
		const isVolatile = frame.kind === "volatile";
		if (!(isVolatile && this.#blocked) && this.#fits(frame)) return true;
		// The operating system may take what this turn has gathered.
		this.flush();
		if (!(isVolatile && this.#blocked) && this.#fits(frame)) return true;
		const { slowPolicy } = this.#shared.options;
		if (!isVolatile && slowPolicy === "close") {
			this.#owner.onFailure("slow");
			return false;
		}
		if (!isVolatile && slowPolicy === "drop-oldest" && this.#dropOldest(frame)) return true;
		this.#shared.counters.count("drops", isVolatile ? "volatile" : "drop-newest");
		return false;
	}

	/** Whether a frame is within the bound. One larger than all of it may pass, one at a time. */
	#fits(frame: Frame): boolean {
		const { maxBufferedBytes } = this.#shared.options;
		const size = frame.bytes.byteLength;
		const oversizeBytes = this.#oversize?.bytes.byteLength ?? 0;
		if (this.bufferedBytes - oversizeBytes + size <= maxBufferedBytes) return true;
		if (size <= maxBufferedBytes || this.#oversize !== undefined) return false;
		this.#oversize = frame;
		return true;
	}

	/** The sink holds nothing: an oversize frame that does not wait has been sent. */
	#forgetOversize(): void {
		if (this.#oversize !== undefined && !this.#queue.includes(this.#oversize)) {
			this.#oversize = undefined;
		}
	}

	/** Drop the oldest frames that wait until `frame` fits. @returns whether it does */
	#dropOldest(frame: Frame): boolean {
		// Two oversize frames never fit: what waits is not dropped in vain.
		if (
			this.#oversize !== undefined &&
			frame.bytes.byteLength > this.#shared.options.maxBufferedBytes
		) {
			return false;
		}
		// More than is needed for this one, so that the queue is not moved up for each.
		const wanted = Math.max(weightOf(frame), this.#queuedBytes / 16);
		let count = 0;
		let freed = 0;
		for (const old of this.#queue) {
			if (freed >= wanted && this.#fits(frame)) break;
			count++;
			freed += weightOf(old);
			this.#queuedBytes -= weightOf(old);
			if (old === this.#oversize) this.#oversize = undefined;
			this.#shared.counters.count("drops", "drop-oldest");
		}
		this.#queue.splice(0, count);
		return this.#fits(frame);
	}
}

/** What a frame that waits takes: its bytes, and about what the queue needs to hold it. */
function weightOf(frame: Frame): number {
	return frame.bytes.byteLength + 128;
}
