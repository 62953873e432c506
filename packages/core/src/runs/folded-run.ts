/**
 * A folded run: the state after all events that the store has of it.
 */
import { Fold, type FoldRules } from "./fold.js";
import type { RunStatus, RunStore } from "./run-store.js";

/** Entries per read. */
const PAGE = 1_000;

/** Computes the state from the newest snapshot and the events since. */
export async function folded(
	store: RunStore,
	rules: FoldRules,
	{ id, attempt }: Pick<RunStatus, "id" | "attempt">,
): Promise<Fold> {
	const fold = Fold.from(rules, await store.snapshot(id, attempt));
	for (;;) {
		const entries = (await store.read(id, attempt, fold.count + 1, PAGE)) ?? [];
		for (const entry of entries) {
			if (entry.end !== undefined) return fold;
			fold.add(entry);
		}
		if (entries.length < PAGE) return fold;
	}
}
