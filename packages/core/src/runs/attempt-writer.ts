/**
 * The writer of an attempt that this process has claimed, without a producer: for libraries that write runs themselves. It knows
 * where the attempt stands, also after a call of which nobody knows whether the store received it.
 */
import { longerLeaseMs, renewalFor } from "./lease.js";
import type { ClaimRules, RunEntry, RunStatus, RunStore, RunWrite } from "./run-store.js";

/** Its calls must not overlap. */
export class AttemptWriter {
	readonly status: RunStatus;
	readonly #store: Pick<RunStore, "write" | "settle">;
	readonly #rules: ClaimRules;
	#sequence: number;
	#length: number;
	/** False after a call that was rejected. */
	#isKnown = true;

	/** @param status as claimed */
	constructor(store: Pick<RunStore, "write" | "settle">, status: RunStatus, rules: ClaimRules) {
		this.#store = store;
		this.status = status;
		this.#rules = rules;
		this.#sequence = status.sequence;
		this.#length = status.length;
	}

	/** The sequence of the newest entry that is known to be stored. */
	get sequence(): number {
		return this.#sequence;
	}

	/** The length of the data of all entries that are known to be stored, in characters. */
	get length(): number {
		return this.#length;
	}

	/**
	 * Appends entries; without any it renews the lease.
	 *
	 * @param state of a snapshot after these entries, as JSON
	 * @returns false if the attempt is over, or has another producer
	 * @throws (rejects) what the store rejects with; the entries have then been stored or not
	 */
	async write(entries: readonly RunEntry[], state?: string): Promise<boolean> {
		const { id, attempt, term } = this.status;
		if (!this.#isKnown) {
			// Nobody else appends to this attempt, so its end is where this writer stands.
			const { sequence = 0, length = 0 } = (await this.#store.settle(id)) ?? {};
			// Less than is known to be stored: the store has lost it, and refuses what comes after it.
			if (sequence > this.#sequence) {
				this.#sequence = sequence;
				this.#length = length;
			}
		}
		const after = this.#sequence;
		const snapshot = state === undefined ? undefined : { sequence: after + entries.length, state };
		const rules = this.#rules;
		const write: RunWrite = { id, attempt, term, after, entries, snapshot, rules };
		const longerMs = longerLeaseMs([write]);
		if (longerMs > 0) await this.#store.write([renewalFor(write, longerMs)]);
		this.#isKnown = false;
		const [sequence] = await this.#store.write([write]);
		if (sequence === undefined) return false;
		this.#isKnown = true;
		this.#sequence = sequence;
		this.#length = entries.reduce((sum, { data }) => sum + data.length, this.#length);
		return true;
	}
}
