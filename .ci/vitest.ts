// How the tests of every package run. A package's vitest.config.ts begins with one of these and adds its own options.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ViteUserConfig } from "vitest/config";
import { RUN_LIMIT_MS } from "./limits.mjs";

const MODULES = join(import.meta.dirname, "../node_modules");
const INSTALLED = createHash("sha256")
	.update(readFileSync(join(MODULES, ".pnpm/lock.yaml")))
	.digest("hex")
	.slice(0, 8);

/**
 * What one package has translated to JavaScript, the others need not. Each install has a folder of its own: Vitest deletes one
 * that it began when something else was installed, even while another run of it reads there. A configuration with projects
 * needs these options beside them as well, because Vitest notes in the folder of the whole what was installed.
 */
export const translated = {
	experimental: {
		fsModuleCache: true,
		fsModuleCachePath: join(MODULES, ".cache/vitest", INSTALLED),
	},
} satisfies ViteUserConfig["test"];

/** Each file has a process of its own: for what counts all that a process holds, or changes what all files use. */
export const ownProcess = {
	include: ["test/**/*.test.ts"],
	// They wait most of the time.
	maxWorkers: "100%",
	// Nothing fails because time passed: what does not come is noticed by what waits for it (packages/testing/src/waiting.ts).
	testTimeout: RUN_LIMIT_MS,
	hookTimeout: RUN_LIMIT_MS,
	expect: { poll: { timeout: RUN_LIMIT_MS } },
	...translated,
} satisfies ViteUserConfig["test"];

/** Files share a process: most take less time than to load the packages, their clients and Vitest again. */
export const tests = {
	...ownProcess,
	isolate: false,
	setupFiles: [join(import.meta.dirname, "fresh-process.ts")],
} satisfies ViteUserConfig["test"];
