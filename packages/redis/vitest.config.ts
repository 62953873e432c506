import { defineConfig } from "vitest/config";
import { tests } from "../../.ci/vitest.js";

export default defineConfig({
	// They wait most of the time.
	test: { ...tests, maxWorkers: 3 },
});
