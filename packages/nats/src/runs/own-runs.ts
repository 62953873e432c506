/**
 * The runs that this process produces: the newest record of each, so that a write need not read it first.
 */
import type { Newest } from "./run-keeper.js";

export class OwnRuns {
	/** By attempt. */
	readonly #newest = new Map<string, Newest>();

	/** Adds a run that starts here, and forgets those whose leases have expired: their producers have stopped. */
	keep(newest: Newest): void {
		for (const [attempt, own] of this.#newest) if (!isLeased(own)) this.#newest.delete(attempt);
		this.put(newest);
	}

	put(newest: Newest): void {
		this.#newest.set(newest.head.attempt, newest);
	}

	/** Removes the newest record of an attempt and returns it, if its lease has not expired. */
	take(attempt: string): Newest | undefined {
		const own = this.#newest.get(attempt);
		this.#newest.delete(attempt);
		return own !== undefined && isLeased(own) ? own : undefined;
	}

	clear(): void {
		this.#newest.clear();
	}
}

function isLeased({ leaseUntil = 0 }: Newest): boolean {
	return performance.now() < leaseUntil;
}
