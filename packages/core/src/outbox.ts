/**
 * The outbox of one connection: what was sent to it and is not written yet, in order, within a bound.
 *
 * While the sink takes what it is given, frames gather in a batch that is written at the next flush.
 * While it does not, they wait in a backlog of this connection's own.
 */
import { Backlog, weightOf } from "./backlog.js";
import type { Batch } from "./batch.js";
import type { Flush } from "./flush.js";
import type { Frame } from "./frame.js";
import type { Sink, SinkState } from "./sink.js";
import type { Counters } from "./stats.js";
import type { SlowPolicy } from "./types.js";

/** The service's part in every outbox. */
export interface OutboxShared {
	readonly flush: Flush;
	readonly counters: Counters;
	readonly options: { readonly maxBufferedBytes: number; readonly slowPolicy: SlowPolicy };
}

// A burst is written this often within a turn, so that the operating system's buffers take part of it;
// and what has waited is written in pieces of this size.
const WRITE_BYTES = 64 * 1024;

/**
 * A connection is one, instead of having one: a broadcast comes by every connection twice, and so by one object less.
 */
export abstract class Outbox<Shared extends OutboxShared = OutboxShared> {
	protected readonly host: Shared;
	protected readonly sink: Sink;
	/** What is written at the next flush. `undefined` while blocked. */
	#batch: Batch | undefined;
	/** After the last write. */
	#sinkState: SinkState = "held";
	/** What waits for the sink. Made when it first blocks: most connections never need one. */
	#backlog: Backlog | undefined;
	/** A frame larger than the whole bound that waits or is on its way: it alone may exceed it. */
	#oversize: Frame | undefined;
	#waiting: (() => void)[] | undefined;

	constructor(host: Shared, sink: Sink) {
		this.host = host;
		this.sink = sink;
	}

	/** It cannot go on: `slow` at the bound, `error` when the sink threw (only middleware that wraps `res.write` does). */
	abstract onFailure(reason: "slow" | "error", error?: unknown): void;

	/** Bytes that are not with the operating system yet, the sink's included. */
	get bufferedBytes(): number {
		return this.sink.bufferedBytes + this.#waitingBytes;
	}

	get #waitingBytes(): number {
		return this.#batch?.byteLength ?? this.#backlog?.weight ?? 0;
	}

	get #isBlocked(): boolean {
		return this.#sinkState === "full";
	}

	/** Nothing waits: what is sent now is written at the next flush. */
	get idle(): boolean {
		return !this.#isBlocked && this.#batch === undefined;
	}

	/** Take a frame. @returns false when it was dropped, or was too much */
	protected add(frame: Frame): boolean {
		if (!this.#admit(frame)) return false;
		if (this.#isBlocked) {
			this.#backlog ??= new Backlog();
			this.#backlog.add(frame);
			return true;
		}
		if (this.#batch === undefined) this.host.flush.schedule(this);
		this.#batch = (this.#batch ?? this.host.flush.start).add(frame);
		if (this.#batch.byteLength >= WRITE_BYTES) this.flush();
		return true;
	}

	/** Write what has gathered. */
	flush(): void {
		const batch = this.#batch;
		if (batch === undefined) return;
		this.#batch = undefined;
		this.#write(batch.joined);
	}

	/** Write everything, whether the sink takes it now or holds it. */
	protected flushAll(): void {
		this.flush();
		this.#writeBacklog(Infinity);
	}

	/** Drop everything. Whoever waits for room is let go. */
	protected clear(): void {
		this.#batch = undefined;
		this.#backlog = undefined;
		this.#letGo();
	}

	/** The sink takes more again: write what has waited, as far as that goes. */
	protected drain(): void {
		if (!this.#isBlocked) return;
		this.#sinkState = "held";
		this.#forgetOversize();
		while (!this.#isBlocked && this.#writeBacklog(WRITE_BYTES));
		if (this.#isBlocked) return;
		this.#backlog = undefined;
		this.#letGo();
	}

	/** For `pipe`: resolves when more can be written, or never will be; `undefined` when it can be now. */
	room(): Promise<void> | undefined {
		if (!this.#isBlocked) return undefined;
		this.#waiting ??= [];
		const waiting = this.#waiting;
		return new Promise((resolve) => waiting.push(resolve));
	}

	#letGo(): void {
		const waiting = this.#waiting ?? [];
		this.#waiting = undefined;
		for (const resolve of waiting) resolve();
	}

	#write(frame: Frame): void {
		this.host.counters.bytesSent += frame.byteLength;
		try {
			this.#sinkState = this.sink.write(frame);
			if (!this.#isBlocked) this.#forgetOversize();
		} catch (error) {
			this.onFailure("error", error);
		}
	}

	/** Write what waits, up to `limit` bytes of it. @returns false when nothing waits */
	#writeBacklog(limit: number): boolean {
		const backlog = this.#backlog;
		if (backlog === undefined || backlog.isEmpty) return false;
		this.#write(backlog.take(limit));
		return true;
	}

	/** Whether a frame may be added. At the bound it is dropped if it is volatile, else the slow policy decides. */
	#admit(frame: Frame): boolean {
		const isVolatile = frame.kind === "volatile";
		if (!(isVolatile && this.#isBlocked) && this.#fits(frame)) return true;
		// The operating system may take what this turn has gathered.
		this.flush();
		if (!(isVolatile && this.#isBlocked) && this.#fits(frame)) return true;
		const { slowPolicy } = this.host.options;
		if (!isVolatile && slowPolicy === "close") {
			this.onFailure("slow");
			return false;
		}
		if (!isVolatile && slowPolicy === "drop-oldest" && this.#dropOldest(frame)) return true;
		this.host.counters.count("drops", isVolatile ? "volatile" : "drop-newest");
		return false;
	}

	/** Whether a frame is within the bound. One larger than all of it may pass, one at a time. */
	#fits(frame: Frame): boolean {
		const { maxBufferedBytes } = this.host.options;
		const size = frame.byteLength;
		const oversizeBytes = this.#oversize?.byteLength ?? 0;
		// A sink that held nothing is not asked: in a fan-out that is most of them.
		const held = this.#sinkState === "taken" ? 0 : this.sink.bufferedBytes;
		if (held + this.#waitingBytes - oversizeBytes + size <= maxBufferedBytes) return true;
		if (size <= maxBufferedBytes || this.#oversize !== undefined) return false;
		this.#oversize = frame;
		return true;
	}

	/** The sink holds nothing: an oversize frame that does not wait has been sent. */
	#forgetOversize(): void {
		if (this.#oversize !== undefined && this.#backlog?.has(this.#oversize) !== true) {
			this.#oversize = undefined;
		}
	}

	/** Drop the oldest frames that wait until `frame` fits. @returns whether it does */
	#dropOldest(frame: Frame): boolean {
		// Two oversize frames never fit: what waits is not dropped in vain.
		if (this.#oversize !== undefined && frame.byteLength > this.host.options.maxBufferedBytes) {
			return false;
		}
		// More than is needed for this one, so that what waits is not moved up for each.
		const wanted = Math.max(weightOf(frame), (this.#backlog?.weight ?? 0) / 16);
		this.#backlog?.dropUntil(
			(freed) => freed >= wanted && this.#fits(frame),
			(old) => {
				if (old === this.#oversize) this.#oversize = undefined;
				this.host.counters.count("drops", "drop-oldest");
			},
		);
		return this.#fits(frame);
	}
}
