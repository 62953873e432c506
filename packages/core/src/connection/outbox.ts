/**
 * The outbox of one connection: frames that were sent to it and are not written yet, in order.
 *
 * While the sink accepts writes, frames collect in a batch that is written at the next flush.
 * While it does not, or while a feed goes first, frames wait in the connection's own backlog.
 */

import type { Frame } from "../wire/frame.js";
import { Backlog } from "./backlog.js";
import type { Batch } from "./batch.js";
import { Feed, type FeedSource } from "./feed.js";
import type { FlushScheduler } from "./flush-scheduler.js";

import { SinkWriter, WRITE_BYTES, type WriterShared } from "./sink-writer.js";

/** The service's part in every outbox. */
export interface OutboxShared extends WriterShared {
	readonly flush: FlushScheduler;
}

/**
 * A connection extends it instead of holding one: a broadcast touches every connection twice, so this saves touching a second
 * object each time.
 */
export abstract class Outbox<
	Shared extends OutboxShared = OutboxShared,
> extends SinkWriter<Shared> {
	/** The frames to write at the next flush. */
	#batch: Batch | undefined;
	/** Frames that wait for the sink, or behind a feed. Created on first use, because most connections never need it. */
	#backlog: Backlog | undefined;
	#waiting: (() => void)[] | undefined;

	/** Bytes that the operating system has not accepted yet, including the sink's. */
	get bufferedBytes(): number {
		return this.sink.passOn() + this.#waitingBytes;
	}

	/** Bytes that count for the limit. A feed follows the sink's pace by itself, and does not count. */
	protected get queuedBytes(): number {
		if (this.isFed) return this.#backlog?.weight ?? 0;
		// A sink that held nothing need not be asked, which is the common case in a fan-out.
		return this.#waitingBytes + (this.isTaken ? 0 : this.sink.passOn());
	}

	get #waitingBytes(): number {
		return this.startedBytes + (this.#batch?.byteLength ?? 0) + (this.#backlog?.weight ?? 0);
	}

	/** Whether a frame sent now must wait for more than the next flush. */
	protected get isBlocked(): boolean {
		return this.isFull || this.#backlog !== undefined;
	}

	/** Whether a feed has not ended yet, so that the client still lacks earlier events. */
	get isFed(): boolean {
		return this.#backlog?.hasFeed === true;
	}

	/** True if the sink accepts more, so that a heartbeat would leave with the next flush. */
	get idle(): boolean {
		return !this.isFull;
	}

	/** What must wait for more than the next flush, if anything. */
	protected get backlog(): Backlog | undefined {
		return this.#backlog;
	}

	/** The last addition, if it is still waiting. */
	protected get last(): Frame | Feed | undefined {
		return this.#backlog === undefined ? this.#batch?.last : this.#backlog.last;
	}

	/** Writes what `source` yields before all later additions, at the pace of the sink. Begins at the next flush. */
	feed(source: FeedSource): void {
		this.#wait(new Feed(source, this));
		this.host.flush.schedule(this);
	}

	/** See `Replayed`. */
	dropBehindFeed(): boolean {
		const hadFeed = this.#backlog?.dropBehindFeed() ?? false;
		this.onTaken();
		return hadFeed;
	}

	/**
	 * Writes a comment at once, ahead of frames that wait behind a feed, which is harmless for the client. Drops it if the sink
	 * accepts no more, perhaps in the middle of an event.
	 */
	beat(comment: Frame): void {
		this.#writeBatch();
		if (!this.isFull) this.write(this.place(comment));
		// Middleware may have sent something from within the write. What a feed precedes follows the feed.
		if (!this.isFed) this.advance();
	}

	/** Writes the batch, and as much of the backlog as the sink accepts. @returns the bytes written */
	flush(): number {
		const before = this.givenBytes;
		this.#writeBatch();
		this.advance();
		return this.givenBytes - before;
	}

	/**
	 * Writes everything, even if the sink has to hold it, except what a feed supplies, or has to precede.
	 *
	 * @param last written in any case
	 */
	protected flushAll(last?: Frame): void {
		this.writeStarted(Infinity);
		if (this.#batch !== undefined) this.write(this.#takeBatch(this.#batch), Infinity);
		const rest = this.#backlog?.farewells(this);
		if (rest) this.write(rest, Infinity);
		if (last !== undefined) this.write(this.place(last));
	}

	/** Drops everything for good. Resolves all waits for room; later calls do not wait. */
	protected clear(): void {
		const backlog = this.#backlog;
		this.stopWriting();
		this.#batch = undefined;
		this.#backlog = undefined;
		backlog?.stopFeeds();
		this.#letGo();
	}

	protected override onWritable(): void {
		if (this.#backlog === undefined) this.#letGo();
		else this.advance();
	}

	/** For `pipe`: resolves when more can be written, or never will be; `undefined` if it can be written now. */
	room(): Promise<void> | undefined {
		if ((this.#batch?.byteLength ?? 0) >= WRITE_BYTES) this.flush();
		if (!this.isBlocked) return undefined;
		const waiting = this.#waiting ?? [];
		this.#waiting = waiting;
		return new Promise((resolve) => waiting.push(resolve));
	}

	protected put(frame: Frame): void {
		if (this.isBlocked) this.#wait(frame);
		else this.#gather(frame);
	}

	/** Writes as much of the backlog as possible. */
	advance(): void {
		while (!this.isFull && this.#backlog !== undefined) {
			const next = this.#backlog.first;
			if (next === undefined) {
				this.#backlog = undefined;
				this.#letGo();
			} else if (next instanceof Feed) {
				if (!this.#takeFrom(next)) return;
			} else if (this.#batch !== undefined) this.#writeBatch();
			else this.write(this.#backlog.take(WRITE_BYTES, this));
		}
	}

	/**
	 * Collects as much from a feed as is written at once. The rest follows at later flushes, so that other connections get a turn.
	 *
	 * @returns whether it has ended
	 */
	#takeFrom(feed: Feed): boolean {
		const frames = feed.take(WRITE_BYTES - (this.#batch?.byteLength ?? 0));
		// The feed's source may have ended the connection.
		if (this.#backlog?.first !== feed) return false;
		let events = 0;
		for (const frame of frames) {
			if (frame.isEvent) events++;
			this.#gather(frame);
		}
		this.host.diagnostics.delivered(this.#backlog.uncounted(events));
		if (feed.isEnded) this.#backlog.shiftFeed();
		return feed.isEnded;
	}

	#wait(item: Frame | Feed): void {
		this.#backlog ??= new Backlog();
		this.#backlog.add(item);
	}

	/** Adds a frame to the next flush. */
	#gather(frame: Frame): void {
		if (this.#batch === undefined) this.host.flush.schedule(this);
		// `place` asks the same. The call alone, for each connection of a broadcast, takes a tenth of `send`.
		const placed = frame.position === undefined ? frame : this.place(frame);
		this.#batch = (this.#batch ?? this.host.flush.start).add(placed);
	}

	#letGo(): void {
		const waiting = this.#waiting;
		if (waiting === undefined) return;
		this.#waiting = undefined;
		for (const resolve of waiting) resolve();
	}

	#writeBatch(): void {
		// Reached during a write if middleware sends more from within it.
		if (this.#batch === undefined || this.isFull) return;
		this.write(this.#takeBatch(this.#batch));
	}

	#takeBatch({ joined }: Batch): Frame {
		this.#batch = undefined;
		return joined;
	}
}
