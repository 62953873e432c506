/**
 * The lease of a run: how long its producer may be silent. It cannot be renewed while a write is under way, and over a slow link a
 * large write takes longer than a lease.
 */
import { sendingMs } from "../pacing/timeout.js";
import type { RunWrite } from "./run-store.js";

// Renewals per lease. Two may fail before the lease is lost.
const RENEWALS = 3;

/** A lease as its producer knows it. */
export class Lease {
	readonly #ms: number;
	readonly #renewal: ReturnType<typeof setInterval>;
	#until: number;

	/** @param onDue called whenever it is to be renewed, until it is stopped */
	constructor(ms: number, onDue: () => void) {
		this.#ms = ms;
		this.#until = performance.now() + ms;
		this.#renewal = setInterval(onDue, ms / RENEWALS);
		// The producer's own work keeps the process alive; the renewals must not.
		this.#renewal.unref();
	}

	get isOver(): boolean {
		return performance.now() >= this.#until;
	}

	/** Whether it outlasts a call that takes so long, with time for a renewal after it. */
	lasts(ms: number): boolean {
		return this.#until - performance.now() >= ms + this.#ms / RENEWALS;
	}

	/** It was renewed. */
	renewed(longerMs = 0): void {
		this.#until = performance.now() + this.#ms + longerMs;
	}

	stop(): void {
		clearInterval(this.#renewal);
	}
}

/**
 * How much longer leases have to be for a call with these writes, in milliseconds. 0 if it takes less than is between renewals.
 * Twice what drivers give such a call, because they may send it twice.
 */
export function longerLeaseMs(writes: readonly RunWrite[]): number {
	let length = 0;
	for (const { entries, snapshot } of writes) {
		length += snapshot?.state.length ?? 0;
		for (const { data } of entries) length += data.length;
	}
	const ms = Math.ceil(2 * sendingMs(length));
	const { leaseMs = ms } = writes[0]?.rules ?? {};
	return ms * RENEWALS > leaseMs ? ms : 0;
}

/** A write that only renews the lease, for so much longer. @param write the one before which it is made */
export function renewalFor(write: RunWrite, longerMs: number): RunWrite {
	const { id, attempt, term, after, rules } = write;
	const longer = { ...rules, leaseMs: rules.leaseMs + longerMs };
	return { id, attempt, term, after, entries: [], rules: longer };
}
