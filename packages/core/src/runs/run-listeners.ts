/**
 * The listeners of a run store: for runs that are cancelled, and for runs that are released to another process.
 */
import type { RunStatus, RunStore } from "./run-store.js";

/** How many of the newest runs are searched for those that were released before this process listened. */
const MAX_RELEASED = 1_000;

export class RunListeners {
	readonly #cancelled = new Set<(attempt: string) => void>();
	readonly #released = new Set<(run: Pick<RunStatus, "id" | "attempt">) => void>();

	/** Adds a listener of {@link RunStore.onCancelled}. @returns a function that removes it */
	onCancelled(listener: (attempt: string) => void): () => void {
		return added(this.#cancelled, listener);
	}

	/** Adds a listener of {@link RunStore.onReleased}. @returns a function that removes it */
	onReleased(listener: (run: Pick<RunStatus, "id" | "attempt">) => void): () => void {
		return added(this.#released, listener);
	}

	/** Calls the listeners with an attempt that was cancelled. */
	cancelled(attempt: string): void {
		for (const listener of this.#cancelled) listener(attempt);
	}

	/** Calls the listeners with a run that was released. */
	released(run: Pick<RunStatus, "id" | "attempt">): void {
		for (const listener of this.#released) listener(run);
	}

	/** Calls the listeners with the runs of a store that were released earlier. Without listeners it reads nothing. */
	async findReleased(store: Pick<RunStore, "list">): Promise<void> {
		if (this.#released.size === 0) return;
		for (const run of await store.list(MAX_RELEASED)) if (run.isReleased) this.released(run);
	}
}

function added<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
	listeners.add(listener);
	return () => {
		listeners.delete(listener);
	};
}
