/**
 * A folded run: the state after all events that the store has of it.
 */
import { Fold, type FoldRules } from "./fold.js";
import { markOf } from "./run-mark.js";
import type { RunStatus, RunStore } from "./run-store.js";

/** Entries per read. */
const PAGE = 1_000;

/** Computes the state from the newest snapshot and the events up to the sequence of the status, or later ones. */
export async function folded(store: RunStore, rules: FoldRules, run: RunStatus): Promise<Fold> {
	const { id, attempt, sequence } = run;
	const fold = Fold.from(rules, await store.snapshot(id, attempt));
	fold.mark = await markOf(store, run, fold.count);
	while (fold.count < sequence) {
		const entries = (await store.read(id, attempt, fold.count + 1, PAGE)) ?? [];
		if (entries.length === 0) return fold;
		for (const entry of entries) {
			if (entry.end !== undefined) return fold;
			fold.add(entry);
		}
	}
	return fold;
}
