/**
 * The outbox of one connection: what was sent to it and is not written yet, in order.
 *
 * While the sink takes what it is given, frames gather in a batch that is written at the next flush.
 * While it does not, or while a feed goes first, they wait in a backlog of this connection's own.
 */
import { Backlog } from "./backlog.js";
import type { Batch } from "./batch.js";
import { Feed, type FeedSource } from "./feed.js";
import type { Flush } from "./flush.js";
import type { Frame } from "./frame.js";
import type { Sink, SinkState } from "./sink.js";
import type { Counters } from "./stats.js";

/** The service's part in every outbox. */
export interface OutboxShared {
	readonly flush: Flush;
	readonly counters: Counters;
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
	/** What goes before everything else, and what does after it. */
	#feed: Feed | undefined;
	#laterFeeds: FeedSource[] | undefined;
	/** Made when something first has to wait: most connections never need one. */
	#backlog: Backlog | undefined;
	#waiting: (() => void)[] | undefined;

	constructor(host: Shared, sink: Sink) {
		this.host = host;
		this.sink = sink;
	}

	/** The sink has taken what it was given. */
	protected abstract onTaken(): void;

	/** It cannot go on: `slow` at the bound, `error` when the sink threw (only middleware that wraps `res.write` does). */
	abstract onFailure(reason: "slow" | "error", error?: unknown): void;

	/** Bytes that are not with the operating system yet, the sink's included. */
	get bufferedBytes(): number {
		return this.sink.bufferedBytes + this.#waitingBytes;
	}

	/** Of what is bounded: a feed goes at the sink's pace by itself. */
	protected get queuedBytes(): number {
		if (this.#feed !== undefined) return this.#backlog?.weight ?? 0;
		// A sink that held nothing is not asked: in a fan-out that is most of them.
		return this.#waitingBytes + (this.#sinkState === "taken" ? 0 : this.sink.bufferedBytes);
	}

	get #waitingBytes(): number {
		return (this.#batch?.byteLength ?? 0) + (this.#backlog?.weight ?? 0);
	}

	protected get isBlocked(): boolean {
		return this.#sinkState === "full" || this.#feed !== undefined;
	}

	/** Whether a feed goes first: it has not had all of what was sent before. */
	get isFed(): boolean {
		return this.#feed !== undefined;
	}

	/** Nothing waits for the sink: a heartbeat would reach the client now. */
	get idle(): boolean {
		return this.#sinkState !== "full" && this.#batch === undefined;
	}

	/** What waits for the sink or the feed, if something does. */
	protected get backlog(): Backlog | undefined {
		return this.#backlog;
	}

	/** The frame that was added last, if it waits. */
	protected get last(): Frame | undefined {
		return this.isBlocked ? this.#backlog?.last : this.#batch?.last;
	}

	/** What `source` yields goes before everything that is added from now on, at the pace of the sink; whatever was added before goes first. */
	feed(source: FeedSource): void {
		if (this.isBlocked) {
			this.#laterFeeds ??= [];
			this.#laterFeeds.push(source);
			return;
		}
		this.#feed = new Feed(source, () => this.#pump());
		this.#pump();
	}

	/** A comment goes before all that waits for a feed: it changes nothing for the client. The outbox must be idle. */
	beat(comment: Frame): void {
		this.#gather(comment);
	}

	/** Write what has gathered. */
	flush(): void {
		const batch = this.#batch;
		if (batch === undefined) return;
		this.#batch = undefined;
		this.#write(batch.joined);
		this.#pump();
	}

	/** Write everything, whether the sink takes it now or holds it; but nothing behind a feed that has not ended. */
	protected flushAll(): void {
		// The client would think that it had all before.
		if (this.#feed !== undefined) this.#backlog = undefined;
		this.#stopFeeds();
		this.flush();
		this.#writeBacklog(Infinity);
	}

	/** Drop everything. Whoever waits for room is let go. */
	protected clear(): void {
		this.#stopFeeds();
		this.#batch = undefined;
		this.#backlog = undefined;
		this.#letGo();
	}

	/** The sink takes more again: write what has waited, as far as that goes. */
	protected drain(): void {
		if (this.#sinkState !== "full") return;
		this.#sinkState = "held";
		this.onTaken();
		if (this.#feed === undefined) this.#release();
		else this.#pump();
	}

	/** For `pipe`: resolves when more can be written, or never will be; `undefined` when it can be now. */
	room(): Promise<void> | undefined {
		if (!this.isBlocked) return undefined;
		this.#waiting ??= [];
		const waiting = this.#waiting;
		return new Promise((resolve) => waiting.push(resolve));
	}

	protected put(frame: Frame): void {
		if (this.isBlocked) {
			this.#backlog ??= new Backlog();
			this.#backlog.add(frame);
		} else if (this.#gather(frame) >= WRITE_BYTES) this.flush();
	}

	/** Add a frame to what is written at the next flush. @returns the bytes of all of it */
	#gather(frame: Frame): number {
		if (this.#batch === undefined) this.host.flush.schedule(this);
		this.#batch = (this.#batch ?? this.host.flush.start).add(frame);
		return this.#batch.byteLength;
	}

	/** Gather from the feed as much as is written at once. The rest follows at later flushes, so that others have their turn. */
	#pump(): void {
		const feed = this.#feed;
		if (feed === undefined || this.#sinkState === "full") return;
		const frames = feed.take(WRITE_BYTES - (this.#batch?.byteLength ?? 0));
		// What the feed reads from may have ended the connection.
		if (feed !== this.#feed) return;
		for (const frame of frames) {
			if (frame.kind !== "comment") this.host.counters.eventsSent++;
			this.#gather(frame);
		}
		if (!feed.isEnded) return;
		this.#feed = undefined;
		this.#release();
	}

	/** Write what has waited, as far as that goes. */
	#release(): void {
		if (this.#backlog !== undefined) this.flush();
		while (!this.isBlocked && this.#writeBacklog(WRITE_BYTES));
		if (this.isBlocked) return;
		this.#backlog = undefined;
		const next = this.#laterFeeds?.shift();
		if (next === undefined) this.#letGo();
		else this.feed(next);
	}

	#stopFeeds(): void {
		this.#feed?.stop();
		this.#feed = undefined;
		this.#laterFeeds = undefined;
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
			if (!this.isBlocked) this.onTaken();
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
}
