// How the tests of every package run. A package's vitest.config.ts begins with one of these and adds its own options.

import { join } from "node:path";
import type { ViteUserConfig } from "vitest/config";
import { RUN_LIMIT_MS } from "./limits.mjs";

/** Each file has a process of its own: for what counts all that a process holds, or changes what all files use. */
export const ownProcess = {
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

/** Files share a process: most take less time than to load the packages, their clients and Vitest again. */
export const tests = {
	...ownProcess,
	isolate: false,
	setupFiles: [join(import.meta.dirname, "fresh-process.ts")],
} satisfies ViteUserConfig["test"];
