// `npm test`: installs, builds, checks, and runs the tests of every package; its last line is the sum of it all.
// `npm run test:long` does so at full size.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { check } from "./check.mjs";
import { onInterrupt, run } from "./command.mjs";
import { programs, provideProgram } from "./programs.mjs";
import { Report } from "./report.mjs";
import { build, install, SetupError, toolsEnv } from "./setup.mjs";
import { updateSuiteTable } from "./suite-table.mjs";
import { workspacePackages } from "./workspace.mjs";

/** Packages whose tests run side by side: most of them wait most of the time. */
const AT_ONCE = 6;
/** Those whose tests take longest come first, so that none of them runs alone in the end. */
const FIRST = ["core", "redis", "bench", "faults", "nats", "nest"];
/** In each package, ignored by git. */
const VITEST_REPORT = ".reports/vitest.json";
const CI = !["", "0", "false"].includes(process.env.CI ?? "");

const report = new Report();
onInterrupt((exitCode) => {
	report.fail("interrupted");
	report.end(exitCode);
});

try {
	console.log("..    installing and building (the first time takes a while)");
	const env = await toolsEnv();
	await install(env);
	await build(env);
	const paths = await provide();
	await Promise.all([check(report, env), test({ ...env, ...paths })]);
} catch (error) {
	if (!(error instanceof SetupError)) throw error;
	console.log(error.message);
	report.fail("setup");
}
report.end();

/**
 * Gets the programs that tests need, and returns the variables that name them. What cannot be installed is
 * reported: its tests skip themselves.
 */
async function provide() {
	/** @type {Record<string, string>} */
	const paths = {};
	for (const name of programs) {
		const program = await provideProgram(name);
		paths[program.variable] = "path" in program ? program.path : "";
		if ("path" in program) continue;
		const { title, tests, missing } = program;
		if (CI) {
			console.log(
				`FAIL  ${title} (${missing}): with CI set, nothing may be skipped for want of it`,
			);
			report.fail(`${tests} (no ${title}: ${missing})`);
		} else report.skip(`${tests} (no ${title}: ${missing})`, 0);
	}
	return paths;
}

/** Runs the tests of every package, and counts them. @param {NodeJS.ProcessEnv} env */
async function test(env) {
	const packages = workspacePackages().filter((own) => own.manifest.scripts?.test === "vitest run");
	// A report of an earlier run must not be counted.
	for (const own of packages) rmSync(join(own.dir, VITEST_REPORT), { force: true });

	// Not through pnpm, which takes half a second of a core for each package: what the scripts call is this.
	const vitest = [
		"run",
		"--reporter=default",
		"--reporter=json",
		`--outputFile.json=${VITEST_REPORT}`,
		"--allowOnly=false",
	];
	const next = packages.toSorted((a, b) => placeOf(a) - placeOf(b)).values();
	const worker = async () => {
		for (const own of next) {
			const start = performance.now();
			const { ok } = await run("vitest", vitest, { cwd: own.dir, env, live: true });
			const seconds = ((performance.now() - start) / 1000).toFixed(1);
			console.log(`..    ${own.name}: its tests took ${seconds} s`);
			count(own, ok);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));

	const tested = packages
		.filter((own) => existsSync(join(own.dir, VITEST_REPORT)))
		.map(({ name, dir }) => ({
			name,
			report: JSON.parse(readFileSync(join(dir, VITEST_REPORT), "utf8")),
		}));
	await report.step("table of the adapters", async () => updateSuiteTable(tested, { ci: CI }));
}

/** @param {import("./workspace.mjs").Package} own */
function placeOf({ dir }) {
	const place = FIRST.indexOf(basename(dir));
	return place === -1 ? FIRST.length : place;
}

/**
 * Adds up one package's tests. A file that failed without a failing test (it could not be loaded, a hook threw) counts
 * as one failure, and so does a package that ran no test or whose vitest ended badly for another reason.
 * @param {import("./workspace.mjs").Package} own @param {boolean} isGood
 */
function count(own, isGood) {
	const file = join(own.dir, VITEST_REPORT);
	if (!existsSync(file)) {
		report.fail(`${own.name}: vitest ended without a report`);
		return;
	}
	let failures = 0;
	let tests = 0;
	for (const suite of JSON.parse(readFileSync(file, "utf8")).testResults) {
		const path = relative(own.dir, suite.name);
		let failuresHere = 0;
		for (const { status, fullName } of suite.assertionResults) {
			tests += 1;
			if (status === "passed") report.passed += 1;
			else if (status === "skipped" || status === "todo")
				report.skip(`${own.name} ${path}: ${fullName}`);
			else {
				failuresHere += 1;
				report.fail(`${own.name} ${path}: ${fullName}`);
			}
		}
		if (suite.status !== "passed" && failuresHere === 0) {
			failuresHere = 1;
			report.fail(`${own.name} ${path}: ${suite.message.split("\n")[0] || "the file failed"}`);
		}
		failures += failuresHere;
	}
	if (tests === 0 && failures === 0) report.fail(`${own.name}: no tests`);
	else if (!isGood && failures === 0) {
		report.fail(`${own.name}: vitest ended badly though no test failed (see above)`);
	}
}
