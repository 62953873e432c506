import { defineConfig } from "vitest/config";
import { ownProcess } from "../../.ci/vitest.js";

export default defineConfig({
	// Each run takes the machine for itself.
	test: { ...ownProcess, fileParallelism: false },
});
