/**
 * A batch: the frames that one connection sends at its next flush.
 *
 * Batches are shared. Adding the same frame to the same batch returns the same new batch, so a
 * thousand connections that were sent the same frames hold one batch, whose frames are joined
 * once for all of them. A fan-out therefore allocates nothing per connection.
 */
import { type Frame, joinFrames } from "../wire/frame.js";

export class Batch {
	readonly byteLength: number;
	readonly #before: Batch | undefined;
	readonly #frame: Frame | undefined;
	// The batch created by the last addition. One is enough: a fan-out adds one frame many times.
	#after: Batch | undefined;
	#joined: Frame | undefined;

	/** `new Batch()` is the empty batch, from which all others grow. */
	constructor(before?: Batch, frame?: Frame) {
		this.#before = before;
		this.#frame = frame;
		this.byteLength = (before?.byteLength ?? 0) + (frame?.byteLength ?? 0);
	}

	/** Returns this batch plus one frame. */
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
