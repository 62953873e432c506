// How the tests of every package run. A package's vitest.config.ts begins with these options and adds its own.

import { join } from "node:path";
import type { ViteUserConfig } from "vitest/config";
import { RUN_LIMIT_MS } from "./limits.mjs";

export const tests = {
	include: ["test/**/*.test.ts"],
	// They wait most of the time.
	maxWorkers: "100%",
	// Nothing fails because time passed: what does not come is noticed by what waits for it (packages/testing/src/waiting.ts).
	testTimeout: RUN_LIMIT_MS,
	hookTimeout: RUN_LIMIT_MS,
	expect: { poll: { timeout: RUN_LIMIT_MS } },
	// What one package has translated to JavaScript, the others need not.
	experimental: {
		fsModuleCache: true,
		fsModuleCachePath: join(import.meta.dirname, "../node_modules/.cache/vitest"),
	},
} satisfies ViteUserConfig["test"];
