/**
 * The engine that the tests of the core have is one: it holds the claims of engines.
 */
import { describeLogEngine } from "@sse-service/testing/log-engine";
import { MemoryEngine } from "./memory-engine.js";

describeLogEngine("an engine in memory", {
	create: () => {
		const engine = new MemoryEngine();
		return {
			driver: () => engine.driver(),
			lose: async () => engine.lose(),
			trim: async (sequence) => engine.trim(sequence),
			cut: async () => engine.cut(),
		};
	},
});
