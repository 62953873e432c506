import { defineConfig } from "vitest/config";

export default defineConfig({
	// Most of what they do is wait.
	test: { include: ["test/**/*.test.ts"], maxWorkers: 3 },
});
