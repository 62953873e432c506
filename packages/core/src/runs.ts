/**
 * What applications import that make answers which outlive their connection, and stores that keep them.
 */
export { AttemptWriter } from "./runs/attempt-writer.js";
export { createRuns } from "./runs/create-runs.js";
export type { FoldRules, RunEvent } from "./runs/fold.js";
export { createMemoryRunStore } from "./runs/memory-run-store.js";
export { RecentEntries } from "./runs/recent-entries.js";
export { encodeRunCursor, parseRunCursor, type RunCursor } from "./runs/run-cursor.js";
export { endEntry, endReasonOf } from "./runs/run-end.js";
export { checkRunId } from "./runs/run-id.js";
export { RunListeners } from "./runs/run-listeners.js";
export { type LastRead, newTermAfter } from "./runs/run-mark.js";
export { type RunPage, readRun } from "./runs/run-reader.js";
export type {
	ClaimRules,
	RunEntry,
	RunOutcome,
	RunSnapshot,
	RunStatus,
	RunStore,
	RunWrite,
} from "./runs/run-store.js";
export { decodeRunEntries, encodeRunEntries } from "./runs/run-text.js";
export type {
	CloseRunsOptions,
	FetchRunReader,
	FollowOptions,
	Run,
	RunCodec,
	RunEnding,
	RunEvents,
	RunGapReason,
	RunPosition,
	RunProducer,
	RunReader,
	RunResumer,
	RunResumption,
	Runs,
	RunsOptions,
	StartedRun,
} from "./runs/run-types.js";
