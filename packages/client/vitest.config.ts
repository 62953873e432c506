import { defineConfig } from "vitest/config";
import { ownProcess } from "../../.ci/vitest.js";

export default defineConfig({
	// Its tests replace fetch, timers and other globals of their process.
	test: ownProcess,
});
