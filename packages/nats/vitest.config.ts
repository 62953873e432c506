import { defineConfig } from "vitest/config";
import { tests } from "../../.ci/vitest.js";

export default defineConfig({
	// Most of what they do is wait: that a connection brings nothing is seen after four seconds.
	test: { ...tests, maxWorkers: 3 },
});
