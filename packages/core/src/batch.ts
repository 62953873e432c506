/**
 * A batch: the frames that one connection has to send at the end of this turn of the event loop.
 *
 * Batches are shared. Adding the same frame to the same batch gives the same batch again, so a
 * thousand connections that were sent the same frames hold one batch, and its bytes are put together
 * once for all of them. A fan-out therefore allocates nothing per connection.
 */
import { concatFrames, type Frame } from "./frame.js";

export class Batch {
	readonly byteLength: number;
	readonly #before: Batch | undefined;
	readonly #frame: Frame | undefined;
	// The batch that the last frame added made. One is enough: a fan-out adds one frame many times.
	#after: Batch | undefined;
	#bytes: Buffer | undefined;

	/** `new Batch()` is an empty one, the start of a turn. */
	constructor(before?: Batch, frame?: Frame) {
		this.#before = before;
		this.#frame = frame;
		this.byteLength = (before?.byteLength ?? 0) + (frame?.bytes.byteLength ?? 0);
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

	/** The bytes of every frame, in order, put together at the first call. */
	get bytes(): Buffer {
		this.#bytes ??= concatFrames(this.#frames());
		return this.#bytes;
	}

	#frames(): Frame[] {
		const frames: Frame[] = [];
		for (let batch: Batch | undefined = this; batch !== undefined; batch = batch.#before) {
			if (batch.#frame !== undefined) frames.push(batch.#frame);
		}
		return frames.reverse();
	}
}
