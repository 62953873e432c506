import { defineConfig } from "vitest/config";
import { tests } from "../../.ci/vitest.js";

export default defineConfig({
	// Most of what they do is wait.
	test: { ...tests, maxWorkers: 3 },
});
