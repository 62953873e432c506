/**
 * The outbox of one connection: what was sent to it and is not written yet, in order.
 *
 * While the sink takes what it is given, frames gather in a batch that is written at the next flush.
 * While it does not, or while a feed goes first, they wait in a backlog of this connection's own.
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
 * A connection is one, instead of having one: a broadcast comes by every connection twice, and so by one object less.
 */
export abstract class Outbox<
	Shared extends OutboxShared = OutboxShared,
> extends SinkWriter<Shared> {
	/** What is written at the next flush. */
	#batch: Batch | undefined;
	/** What waits for the sink, or behind a feed. Made when something first has to: most connections never need one. */
	#backlog: Backlog | undefined;
	#waiting: (() => void)[] | undefined;

	/** Bytes that are not with the operating system yet, the sink's included. */
	get bufferedBytes(): number {
		return this.sink.bufferedBytes + this.#waitingBytes;
	}

	/** Of what is bounded: a feed goes at the sink's pace by itself. */
	protected get queuedBytes(): number {
		if (this.isFed) return this.#backlog?.weight ?? 0;
		// A sink that held nothing is not asked: in a fan-out that is most of them.
		return this.#waitingBytes + (this.isTaken ? 0 : this.sink.bufferedBytes);
	}

	get #waitingBytes(): number {
		return this.startedBytes + (this.#batch?.byteLength ?? 0) + (this.#backlog?.weight ?? 0);
	}

	/** What is sent now has to wait for more than the next flush. */
	protected get isBlocked(): boolean {
		return this.isFull || this.#backlog !== undefined;
	}

	/** Whether there is a feed that has not ended: its client lacks some of what was sent before. */
	get isFed(): boolean {
		return this.#backlog?.hasFeed === true;
	}

	/** Nothing waits for the sink: a heartbeat would reach the client now. */
	get idle(): boolean {
		return !this.isFull && this.#batch === undefined;
	}

	/** What has to wait for more than the next flush, if something does. */
	protected get backlog(): Backlog | undefined {
		return this.#backlog;
	}

	/** What was added last, if it waits. */
	protected get last(): Frame | Feed | undefined {
		return this.#backlog === undefined ? this.#batch?.last : this.#backlog.last;
	}

	/** What `source` yields goes before everything that is added from now on, at the pace of the sink. It begins when this turn ends. */
	feed(source: FeedSource): void {
		const feed = new Feed(
			source,
			() => this.advance(),
			(error) => this.onFailure("error", error),
		);
		this.#wait(feed);
		this.host.flush.schedule(this);
	}

	/** A comment goes before all that waits for a feed: it changes nothing for the client. The outbox must be idle. */
	beat(comment: Frame): void {
		this.#gather(comment);
	}

	/** Write what has gathered, and what waits as far as the sink takes it. @returns the bytes it was given */
	flush(): number {
		const before = this.givenBytes;
		this.#writeBatch();
		this.advance();
		return this.givenBytes - before;
	}

	/**
	 * Write everything, whether the sink takes it now or holds it; but nothing behind a feed that has not ended.
	 *
	 * @param last written whatever waits
	 */
	protected flushAll(last?: Frame): void {
		this.writeStarted(Infinity);
		if (this.#batch !== undefined) this.write(this.#takeBatch(this.#batch), Infinity);
		const backlog = this.#backlog;
		// Behind a feed the client would think that it had all before.
		if (backlog?.first !== undefined && !(backlog.first instanceof Feed)) {
			this.write(backlog.take(Infinity, this), Infinity);
		}
		if (last !== undefined) this.write(this.place(last));
	}

	/** Drop everything, for good. Whoever waits for room is let go, and nobody waits any more. */
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

	/** For `pipe`: resolves when more can be written, or never will be; `undefined` when it can be now. */
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

	/** Write what waits, as far as that goes. */
	protected advance(): void {
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
	 * Gather from a feed as much as is written at once. More follows at later flushes, so that others have their turn.
	 *
	 * @returns whether it has ended
	 */
	#takeFrom(feed: Feed): boolean {
		const frames = feed.take(WRITE_BYTES - (this.#batch?.byteLength ?? 0));
		// What it reads from may have ended the connection.
		if (this.#backlog?.first !== feed) return false;
		for (const frame of frames) {
			if (frame.kind !== "control") this.host.diagnostics.delivered();
			this.#gather(frame);
		}
		if (feed.isEnded) this.#backlog.shiftFeed();
		return feed.isEnded;
	}

	#wait(item: Frame | Feed): void {
		this.#backlog ??= new Backlog();
		this.#backlog.add(item);
	}

	/** Add a frame to what is written at the next flush. */
	#gather(frame: Frame): void {
		if (this.#batch === undefined) this.host.flush.schedule(this);
		this.#batch = (this.#batch ?? this.host.flush.start).add(this.place(frame));
	}

	#letGo(): void {
		const waiting = this.#waiting ?? [];
		this.#waiting = undefined;
		for (const resolve of waiting) resolve();
	}

	#writeBatch(): void {
		// During a write that middleware answers by sending more.
		if (this.#batch === undefined || this.isFull) return;
		this.write(this.#takeBatch(this.#batch));
	}

	#takeBatch({ joined }: Batch): Frame {
		this.#batch = undefined;
		return joined;
	}
}
