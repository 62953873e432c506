import { defineConfig } from "vitest/config";
import { tests } from "../../.ci/vitest.js";

export default defineConfig({
	// Each run takes the machine for itself.
	test: { ...tests, fileParallelism: false },
});
