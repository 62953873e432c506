/**
 * An alarm: rings once, at the earliest of the requested times. Does not keep the process alive.
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

	/** Repeated calls do not postpone the alarm: it rings at the earliest requested time. */
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

	/** Cancels the alarm. */
	stop(): void {
		this.#isStopped = true;
		clearTimeout(this.#timer);
	}
}
