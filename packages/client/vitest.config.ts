import { defineConfig } from "vitest/config";
import { ownProcess } from "../../.ci/vitest.js";

export default defineConfig({
	// React Native's `XMLHttpRequest` throws when a request that was given up long ago ends.
	test: ownProcess,
});
