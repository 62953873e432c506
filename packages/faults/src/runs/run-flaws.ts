/**
 * Flaws of a run store, for a test of the checker: a run must find each.
 */
import type { RunEntry, RunStore } from "sse-service/runs";

export const RUN_FLAWS = [
	"skips",
	"repeats",
	"silent",
	"early",
	"unfenced",
	"shared",
	"uncancelled",
	"forgetful",
	"unmarked",
] as const;

export type RunFlaw = (typeof RUN_FLAWS)[number];

/** The sequence at which the flaw shows. */
const PLACE = 13;

export function flawed(store: RunStore, flaw: RunFlaw | undefined): RunStore {
	const { claim, write, read, settle } = bound(store);
	const change = (changes: Partial<RunStore>): RunStore => Object.assign(store, changes);
	const reading = (place: (entry: RunEntry, sequence: number) => readonly RunEntry[]): RunStore =>
		change({
			read: async (id, attempt, from, limit) =>
				(await read(id, attempt, from, limit))?.flatMap((entry, index) =>
					place(entry, from + index),
				),
		});
	if (flaw === "skips") return reading((entry, at) => (at === PLACE ? [] : [entry]));
	if (flaw === "repeats") return reading((entry, at) => (at === PLACE ? [entry, entry] : [entry]));
	if (flaw === "unmarked") return reading((entry) => [{ ...entry, mark: undefined }]);
	if (flaw === "early") {
		return reading((entry) => [
			entry.end === "failed" ? { ...entry, event: "done", data: "{}", end: "done" } : entry,
		]);
	}
	if (flaw === "uncancelled") return change({ cancel: async () => true });
	if (flaw === "shared") {
		return change({ claim: async (id, rules) => ({ ...(await claim(id, rules)), isOwn: true }) });
	}
	if (flaw === "forgetful") {
		return change({
			settle: async (id) => {
				const status = await settle(id);
				return status?.state === "running" && status.sequence > PLACE
					? { ...status, sequence: 1 }
					: status;
			},
		});
	}
	if (flaw === "silent") {
		// Nobody ends a run whose producer is dead.
		return change({
			read: async (id, attempt, from, limit) =>
				(await read(id, attempt, from, limit))?.filter(({ end }) => end !== "failed"),
			settle: async (id) => {
				const status = await settle(id);
				return status?.state === "failed"
					? { ...status, state: "running", leaseLeftMs: 1_000 }
					: status;
			},
		});
	}
	if (flaw === "unfenced") {
		// A refused producer writes anyway.
		return change({
			write: async (writes) => {
				const results = await write(writes);
				for (const [index, refused] of writes.entries()) {
					if (results[index] !== undefined || refused.entries.length === 0) continue;
					const { status } = await claim(refused.id, refused.rules);
					const { attempt, term } = status;
					await write([{ ...refused, attempt, term, after: status.sequence }]);
				}
				return results;
			},
		});
	}
	return store;
}

function bound(store: RunStore): Pick<RunStore, "claim" | "write" | "read" | "settle"> {
	return {
		claim: store.claim.bind(store),
		write: store.write.bind(store),
		read: store.read.bind(store),
		settle: store.settle.bind(store),
	};
}
