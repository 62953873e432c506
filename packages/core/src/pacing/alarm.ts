/**
 * An alarm: rings once, at the earliest of the times that it was asked for. It keeps no process alive.
 */
import { Context } from "./context.js";

export class Alarm {
	readonly #ring: () => void;
	readonly #context = new Context();
	#timer: ReturnType<typeof setTimeout> | undefined;
	#dueAt = Infinity;
	#isStopped = false;

	constructor(ring: () => void) {
		this.#ring = ring;
	}

	/** Asked for again and again, it is not put off: it rings when it was to ring first. */
	ringIn(ms: number): void {
		const dueAt = performance.now() + ms;
		if (this.#isStopped || this.#dueAt <= dueAt) return;
		clearTimeout(this.#timer);
		this.#dueAt = dueAt;
		const ring = (): void => {
			this.#dueAt = Infinity;
			this.#ring();
		};
		this.#timer = this.#context.run(() => setTimeout(ring, ms).unref());
	}

	/** It rings no more. */
	stop(): void {
		this.#isStopped = true;
		clearTimeout(this.#timer);
	}
}
