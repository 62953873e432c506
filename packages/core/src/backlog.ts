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

	/** Drop frames from the head until `isEnough`, which is told the weight that is gone, or none is left. */
	dropUntil(isEnough: (freed: number) => boolean, onDrop: (frame: Frame) => void): void {
		const before = this.weight;
		this.#shift(() => isEnough(before - this.weight), onDrop);
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
