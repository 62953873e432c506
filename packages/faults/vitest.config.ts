import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["test/**/*.test.ts"],
		testTimeout: 90_000,
		hookTimeout: 60_000,
		// Each run takes the machine for itself.
		fileParallelism: false,
	},
});
