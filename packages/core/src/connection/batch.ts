/**
 * A batch: the frames that one connection has to send at its next flush.
 *
 * Batches are shared. Adding the same frame to the same batch gives the same batch again, so a
 * thousand connections that were sent the same frames hold one batch, and its frames are joined
 * once for all of them. A fan-out therefore allocates nothing per connection.
 */
import { type Frame, joinFrames } from "../wire/frame.js";

export class Batch {
	readonly byteLength: number;
	readonly #before: Batch | undefined;
	readonly #frame: Frame | undefined;
	// The batch that the last frame added made. One is enough: a fan-out adds one frame many times.
	#after: Batch | undefined;
	#joined: Frame | undefined;

	/** `new Batch()` is an empty one, which every other begins with. */
	constructor(before?: Batch, frame?: Frame) {
		this.#before = before;
		this.#frame = frame;
		this.byteLength = (before?.byteLength ?? 0) + (frame?.byteLength ?? 0);
	}

	/** This batch with one more frame at its end. */
	add(frame: Frame): Batch {
		let after = this.#after;
		if (after === undefined || after.#frame !== frame) {
			after = new Batch(this, frame);
			this.#after = after;
		}
		return after;
	}

	get last(): Frame | undefined {
		return this.#frame;
	}

	/** Every frame, in order, as one: joined at the first call. */
	get joined(): Frame {
		this.#joined ??= joinFrames(this.#frames());
		return this.#joined;
	}

	#frames(): Frame[] {
		const frames: Frame[] = [];
		for (let batch: Batch | undefined = this; batch !== undefined; batch = batch.#before) {
			if (batch.#frame !== undefined) frames.push(batch.#frame);
		}
		return frames.reverse();
	}
}
