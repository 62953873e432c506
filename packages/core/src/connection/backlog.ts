/**
 * A backlog: what waits for one connection, oldest first: frames, because its sink takes no more for now, and feeds with
 * what was sent behind them.
 */

import { type Frame, joinFrames } from "../wire/frame.js";
import { Feed } from "./feed.js";
import type { Trail } from "./trail.js";

export class Backlog {
	/** What its frames take: their bytes, and about what it needs to hold them. What a feed has to give is not held. */
	weight = 0;
	#items: (Frame | Feed)[] = [];
	#feeds = 0;

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

	/** Take the feed that is first away. */
	shiftFeed(): void {
		this.#items.shift();
		this.#feeds--;
	}

	/**
	 * Take frames from the head, joined, until there are `limit` bytes of them or a feed is next. The first must be a frame.
	 *
	 * @param trail the connection's, by which each comes
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
	 * Drop the oldest frames until `isEnough`, which is told the weight that is gone, or none is left. Feeds stay, and what
	 * follows them.
	 *
	 * @param notice takes the place of what was dropped
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

	/** Drop the frame with this key. @returns whether there was one */
	dropKey(key: string): boolean {
		const index = this.#items.findLastIndex((item) => !(item instanceof Feed) && item.key === key);
		const [dropped] = index < 0 ? [] : this.#items.splice(index, 1);
		if (dropped === undefined || dropped instanceof Feed) return false;
		this.weight -= weightOf(dropped);
		return true;
	}

	/** Tell the feeds that nothing is wanted of them any more. */
	stopFeeds(): void {
		for (const item of this.#items) if (item instanceof Feed) item.stop();
	}

	/** All at once at the end: an array is moved up for each time that its head is taken. */
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

/** What a frame that waits is worth giving up. */
export function weightOf(frame: Frame): number {
	return frame.byteLength + 128;
}
