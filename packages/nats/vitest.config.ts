import { defineConfig } from "vitest/config";

export default defineConfig({
	// Most of what they do is wait: that a connection brings nothing is seen after four seconds.
	test: { include: ["test/**/*.test.ts"], maxWorkers: 3, testTimeout: 30_000 },
});
