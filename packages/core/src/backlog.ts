/**
 * A backlog: the frames of one connection that wait because its sink takes no more for now, oldest first.
 */
import { type Frame, joinFrames } from "./frame.js";

export class Backlog {
	/** What its frames take: their bytes, and about what it needs to hold them. */
	weight = 0;
	#frames: Frame[] = [];

	get isEmpty(): boolean {
		return this.#frames.length === 0;
	}

	get last(): Frame | undefined {
		return this.#frames.at(-1);
	}

	has(frame: Frame): boolean {
		return this.#frames.includes(frame);
	}

	add(frame: Frame): void {
		this.#frames.push(frame);
		this.weight += weightOf(frame);
	}

	/** Take frames from the head, joined, until there are `limit` bytes of them or none is left. It must not be empty. */
	take(limit: number): Frame {
		let byteLength = 0;
		const frames: Frame[] = [];
		this.#shift(
			() => byteLength >= limit,
			(frame) => {
				byteLength += frame.byteLength;
				frames.push(frame);
			},
		);
		return joinFrames(frames);
	}

	/**
	 * Drop frames from the head until `isEnough`, which is told the weight that is gone, or none is left.
	 *
	 * @param notice takes the place of what was dropped
	 */
	dropUntil(
		isEnough: (freed: number) => boolean,
		onDrop: (frame: Frame) => void,
		notice?: Frame,
	): void {
		const before = this.weight;
		this.#shift(() => isEnough(before - this.weight), onDrop);
		if (notice === undefined || this.weight === before) return;
		this.#frames.unshift(notice);
		this.weight += weightOf(notice);
	}

	/** Drop the frame with this key. @returns whether there was one */
	dropKey(key: string): boolean {
		const index = this.#frames.findLastIndex((frame) => frame.key === key);
		for (const frame of index < 0 ? [] : this.#frames.splice(index, 1)) {
			this.weight -= weightOf(frame);
		}
		return index >= 0;
	}

	/** All at once at the end: an array is moved up for each time that its head is taken. */
	#shift(isEnough: () => boolean, onShift: (frame: Frame) => void): void {
		let count = 0;
		for (const frame of this.#frames) {
			if (isEnough()) break;
			count++;
			this.weight -= weightOf(frame);
			onShift(frame);
		}
		this.#frames.splice(0, count);
	}
}

/** What a frame that waits is worth giving up. */
export function weightOf(frame: Frame): number {
	return frame.byteLength + 128;
}
