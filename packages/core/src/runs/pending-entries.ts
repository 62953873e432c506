/**
 * The entries of a run that are to be written, within the limits of the run, and the producer's wait for room among them.
 */
import type { RunEntry, RunStatus } from "./run-store.js";

export interface PendingRules {
	readonly maxEvents: number;
	readonly maxLength: number;
	/** How many entries may be pending before the producer has to wait. */
	readonly maxPending: number;
}

export class PendingEntries {
	readonly #rules: PendingRules;
	#entries: RunEntry[] = [];
	/** Events sent, and the length of their data. */
	#count: number;
	#length: number;
	#onRoom: (() => void)[] = [];

	constructor({ sequence, length }: RunStatus, rules: PendingRules) {
		this.#rules = rules;
		this.#count = sequence;
		this.#length = length;
	}

	/** Events sent so far, those of earlier producers included. */
	get count(): number {
		return this.#count;
	}

	get isEmpty(): boolean {
		return this.#entries.length === 0;
	}

	/** Whether the run stays within its limits with this event. */
	fits({ data }: RunEntry): boolean {
		const { maxEvents, maxLength } = this.#rules;
		return this.#count < maxEvents && this.#length + data.length <= maxLength;
	}

	/** Adds an event that fits. */
	push(entry: RunEntry): void {
		this.#count++;
		this.#length += entry.data.length;
		this.#entries.push(entry);
	}

	pushEnd(entry: RunEntry): void {
		this.#entries.push(entry);
	}

	/** Resolves when more can be accepted, or nothing ever will be; `undefined` if more can be accepted now. */
	room(): Promise<void> | undefined {
		if (this.#entries.length < this.#rules.maxPending) return undefined;
		return new Promise((resolve) => {
			this.#onRoom.push(resolve);
		});
	}

	/** Takes all that are pending, which makes room for others. */
	take(): RunEntry[] {
		const entries = this.#entries;
		this.#entries = [];
		if (this.#onRoom.length > 0) for (const resolve of this.#onRoom.splice(0)) resolve();
		return entries;
	}
}
