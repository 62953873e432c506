/**
 * Counters of a service since it was made. They only go up.
 */
import type { SSEStats } from "../types/stats.js";

type Tally = Record<string, number>;

// Close reasons may be the application's own: beyond this many they are counted together.
const MAX_REASONS = 64;

type Figures = Omit<SSEStats, "connections" | "clients" | "groups" | "history">;

export class Counters implements Figures {
	connectionsOpened = 0;
	eventsSent = 0;
	bytesSent = 0;
	errors = 0;
	// Reasons are data: without a prototype `__proto__` is a key like any other.
	drops: Tally = Object.create(null);
	closes: Tally = Object.create(null);
	resumes: Tally = Object.create(null);

	count(what: "drops" | "closes" | "resumes", reason: string): void {
		const tally = this[what];
		const key = reason in tally || Object.keys(tally).length < MAX_REASONS ? reason : "other";
		tally[key] = (tally[key] ?? 0) + 1;
	}

	/** The figures of this moment. */
	snapshot(): Figures {
		const { drops, closes, resumes } = this;
		return { ...this, drops: { ...drops }, closes: { ...closes }, resumes: { ...resumes } };
	}
}
