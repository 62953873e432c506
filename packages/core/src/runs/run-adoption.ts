/**
 * Adoption: takes over runs that other processes have handed over.
 */
import type { Fold, FoldRules } from "./fold.js";
import { folded } from "./folded-run.js";
import type { ClaimRules, RunStatus, RunStore } from "./run-store.js";

export interface AdoptionHost {
	readonly store: RunStore;
	readonly rules: ClaimRules;
	readonly fold: FoldRules | undefined;
	/** Called with a run that now belongs to this process, and its state so far. */
	onAdopted(status: RunStatus, fold: Fold | undefined): void;
	onError(error: unknown, id: string): void;
}

/** @returns a function that stops it, and resolves when no adoption is under way */
export function adoptReleased(host: AdoptionHost): () => Promise<void> {
	const { store, rules } = host;
	const adopting = new Set<Promise<void>>();
	const adopt = async ({ id, attempt }: Pick<RunStatus, "id" | "attempt">): Promise<void> => {
		try {
			const status = await store.adopt(id, attempt, rules);
			if (status === undefined) return;
			host.onAdopted(status, host.fold && (await folded(store, host.fold, status)));
		} catch (error) {
			// If it belongs to this process, it fails when its lease ends.
			host.onError(error, id);
		}
	};
	const stop = store.onReleased((run) => {
		const adoption = adopt(run);
		adopting.add(adoption);
		void adoption.then(() => adopting.delete(adoption));
	});
	return async () => {
		stop();
		await Promise.all(adopting);
	};
}
