import { defineConfig } from "vitest/config";

export default defineConfig({
	// That a connection brings nothing is seen after four seconds.
	test: { include: ["test/**/*.test.ts"], testTimeout: 30_000 },
});
