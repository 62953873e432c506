/**
 * Runs in memory, by the suite of all run stores. One process: both sides of the suite are the same store.
 */
import { describeRunStore } from "@sse-service/testing/run-store";
import { createMemoryRunStore, type RunStore } from "../src/runs.js";

let store: RunStore | undefined;

describeRunStore("in memory", {
	async open() {
		store ??= createMemoryRunStore();
		return store;
	},
	async close() {
		store = undefined;
	},
});
