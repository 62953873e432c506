/**
 * A build, the commits that are built, and what their steps print.
 */

export interface Build {
	readonly id: number;
	readonly owner: string;
	readonly project: string;
	readonly message: string;
	readonly state: "running" | "passed" | "failed";
	readonly steps: readonly Step[];
	/** In milliseconds since 1970. */
	readonly startedAt: number;
	readonly tookMs: number | undefined;
}

export interface Step {
	readonly name: string;
	readonly state: "waiting" | "running" | "passed" | "failed";
}

export interface Commit {
	readonly owner: string;
	readonly project: string;
	readonly message: string;
	readonly fails: boolean;
}

/** Who pushes what, in turn. */
export const commits: readonly Commit[] = [
	{
		owner: "ada",
		project: "mail",
		message: "Back off when the relay is unavailable",
		fails: false,
	},
	{ owner: "ada", project: "atlas-web", message: "Retry uploads that time out", fails: false },
	{ owner: "grace", project: "compiler", message: "Fold constants before inlining", fails: false },
	{ owner: "ada", project: "billing", message: "Round totals half to even", fails: true },
	{ owner: "grace", project: "docs", message: "Explain the calling convention", fails: false },
	{ owner: "ada", project: "billing", message: "Round totals half up", fails: false },
	{ owner: "ada", project: "atlas-web", message: "Keep the map still on resize", fails: false },
	{ owner: "grace", project: "compiler", message: "Spill fewer registers", fails: true },
];

/** What each step prints, when it passes. */
export const script: ReadonlyMap<string, readonly string[]> = new Map([
	[
		"install",
		[
			"$ pnpm install --frozen-lockfile",
			"Lockfile is up to date, resolution step is skipped",
			"Packages: +412",
			"Done in 1.4s",
		],
	],
	["lint", ["$ biome ci .", "Checked 148 files in 96ms. No fixes applied."]],
	[
		"test",
		[
			"$ vitest run",
			"✓ test/router.test.ts (18 tests) 42ms",
			"✓ test/session.test.ts (9 tests) 31ms",
			"✓ test/upload.test.ts (23 tests) 118ms",
			"✓ test/totals.test.ts (12 tests) 27ms",
			"Tests  62 passed (62)",
		],
	],
	[
		"build",
		[
			"$ vite build",
			"transforming 312 modules",
			"dist/assets/index.css   14.02 kB │ gzip:  3.61 kB",
			"dist/assets/index.js    82.31 kB │ gzip: 27.90 kB",
			"built in 1.12s",
		],
	],
	["deploy", ["$ ./deploy staging", "uploading 14 files", "live at https://staging.example"]],
]);

/** What the step prints, and is the last to, in a build that fails. */
export const failure: { readonly step: string; readonly lines: readonly string[] } = {
	step: "test",
	lines: [
		"$ vitest run",
		"✓ test/router.test.ts (18 tests) 42ms",
		"✗ test/totals.test.ts (12 tests, 1 failed) 29ms",
		"AssertionError: expected 10.03 to be 10.02",
		"Tests  1 failed, 29 passed (62)",
	],
};
