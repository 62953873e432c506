/**
 * A backlog: what waits for one connection, oldest first: frames that its sink does not accept yet, feeds, and frames behind
 * feeds.
 */

import type { Position } from "../wire/cursor.js";
import { type Frame, joinFrames } from "../wire/frame.js";
import { withoutId } from "../wire/placed-frame.js";
import { Feed, type Logged } from "./feed.js";
import type { Trail } from "./trail.js";

export class Backlog {
	/** The memory of its frames: their bytes plus estimated overhead. A feed's frames are not held, and do not count. */
	weight = 0;
	#items: (Frame | Feed)[] = [];
	#feeds = 0;
	/** Events that were counted as delivered, and dropped because a feed supplies them. */
	#dropped = 0;

	get hasFeed(): boolean {
		return this.#feeds > 0;
	}

	get first(): Frame | Feed | undefined {
		return this.#items[0];
	}

	get last(): Frame | Feed | undefined {
		return this.#items.at(-1);
	}

	has(frame: Frame): boolean {
		return this.#items.includes(frame);
	}

	add(item: Frame | Feed): void {
		this.#items.push(item);
		if (item instanceof Feed) this.#feeds++;
		else this.weight += weightOf(item);
	}

	/** Removes the feed at the head. */
	shiftFeed(): void {
		this.#items.shift();
		this.#feeds--;
	}

	/**
	 * Takes frames from the head, joined, until they reach `limit` bytes or a feed is next. The head must be a frame.
	 *
	 * @param trail the connection's trail, through which each frame passes
	 */
	take(limit: number, trail: Trail): Frame {
		let byteLength = 0;
		const frames: Frame[] = [];
		this.#shift(
			() => byteLength >= limit,
			(frame) => {
				byteLength += frame.byteLength;
				frames.push(trail.place(frame, true));
			},
		);
		return joinFrames(frames);
	}

	/**
	 * Returns what the client receives although the feeds have not ended, joined. Behind the first feed, these are the events of
	 * this connection alone. They have no id, because it would claim that the client has everything before it.
	 */
	farewells(trail: Trail): Frame | undefined {
		const frames: Frame[] = [];
		let isBehind = false;
		for (const item of this.#items) {
			if (item instanceof Feed) isBehind = true;
			else if (!isBehind) frames.push(trail.place(item, true));
			else if (item.kind === "event") frames.push(withoutId(item));
		}
		return frames.length > 0 ? joinFrames(frames) : undefined;
	}

	/**
	 * Drops the oldest frames until `isEnough`, called with the dropped weight, returns true or none is left. Feeds stay, and so
	 * does what follows them.
	 *
	 * @param notice replaces the dropped frames
	 */
	dropUntil(
		isEnough: (freed: number) => boolean,
		onDrop: (frame: Frame) => void,
		notice?: Frame,
	): void {
		const before = this.weight;
		const feeds = this.#items.findLastIndex((item) => item instanceof Feed) + 1;
		const head = this.#items.splice(0, feeds);
		this.#shift(() => isEnough(before - this.weight), onDrop);
		const isNoticed = notice !== undefined && this.weight !== before;
		this.#items.unshift(...head, ...(isNoticed ? [notice] : []));
		if (isNoticed) this.weight += weightOf(notice);
	}

	/** Drops the frame with this key. @returns it, if there was one */
	dropKey(key: string): Frame | undefined {
		const index = this.#items.findLastIndex((item) => !(item instanceof Feed) && item.key === key);
		const [dropped] = index < 0 ? [] : this.#items.splice(index, 1);
		if (dropped === undefined || dropped instanceof Feed) return undefined;
		this.weight -= weightOf(dropped);
		return dropped;
	}

	/**
	 * Drops what is behind the first feed and is a feed too, or has a place in the log. Events of this connection alone stay.
	 *
	 * @returns whether a feed was dropped
	 */
	dropBehindFeed(): boolean {
		const feeds = this.#feeds;
		for (const item of this.#cutBehindFeed()) {
			if (item instanceof Feed) {
				item.stop();
				this.#feeds--;
			} else if (isOfLog(item)) {
				this.weight -= weightOf(item);
				if (item.isEvent) this.#dropped++;
			} else this.#items.push(item);
		}
		return this.#feeds < feeds;
	}

	/** How many of the events that a feed supplies have not been counted yet. */
	uncounted(events: number): number {
		const again = Math.min(events, this.#dropped);
		this.#dropped -= again;
		return events - again;
	}

	/**
	 * Puts events of the log, in order, among those behind the first feed that are there already. What is there keeps its order.
	 *
	 * @param sentAt where the log was when events of this connection alone were sent
	 * @returns how many were not there
	 */
	insert(logged: readonly Logged[], sentAt: WeakMap<Frame, number>): number {
		const length = this.#items.length;
		let next = 0;
		/** Behind the last one there is none. */
		const sequenceOfNext = (): number => logged[next]?.position.sequence ?? Number.NaN;
		const addUpTo = (sequence: number): void => {
			while (sequenceOfNext() <= sequence) this.add((logged[next++] as Logged).frame);
		};
		for (const item of this.#cutBehindFeed()) {
			if (item instanceof Feed) addUpTo(Infinity);
			else if (isOfLog(item)) {
				const { sequence } = item.position;
				addUpTo(sequence - 1);
				if (sequenceOfNext() === sequence) next++;
			} else addUpTo(sentAt.get(item) ?? 0);
			this.#items.push(item);
		}
		addUpTo(Infinity);
		return this.#items.length - length;
	}

	/** Stops all feeds. */
	stopFeeds(): void {
		for (const item of this.#items) if (item instanceof Feed) item.stop();
	}

	#cutBehindFeed(): (Frame | Feed)[] {
		return this.#items.splice(this.#items.findIndex((item) => item instanceof Feed) + 1);
	}

	/** Removes several items with one shift, because each removal from the head moves the whole array. */
	#shift(isEnough: () => boolean, onShift: (frame: Frame) => void): void {
		let count = 0;
		for (const item of this.#items) {
			if (item instanceof Feed || isEnough()) break;
			count++;
			this.weight -= weightOf(item);
			onShift(item);
		}
		this.#items.splice(0, count);
	}
}

/** Whether a frame came through the log, or states a position in it. */
function isOfLog(frame: Frame): frame is Frame & { readonly position: Position } {
	const { kind, position } = frame;
	return position !== undefined && (kind === "logged" || kind === "control");
}

/** The memory that dropping a waiting frame frees. */
export function weightOf(frame: Frame): number {
	return frame.byteLength + 128;
}
