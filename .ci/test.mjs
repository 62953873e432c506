// `npm test`: installs, builds, checks, and runs the tests of every package; its last line is the sum of it all.
// `npm run test:long` does so at full size.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { check } from "./check.mjs";
import { onInterrupt, run } from "./command.mjs";
import { installed } from "./installed.mjs";
import { isLongRun } from "./long-run.mjs";
import { programs, provideProgram } from "./programs.mjs";
import { Report } from "./report.mjs";
import { build, install, SetupError, toolsEnv } from "./setup.mjs";
import { updateSuiteTable } from "./suite-table.mjs";
import { packAll } from "./tarball.mjs";
import { publicPackages, root, sharedPackages, testedPackages } from "./workspace.mjs";

/**
 * Runs of Vitest side by side: they wait most of the time. More would take longer, because then each waits for a processor
 * where it polls.
 */
const AT_ONCE = 4;
/** Those that take longest come first, so that none of them runs alone in the end: the packages that share one, then these. */
const FIRST = ["core", "faults", "redis", "nats", "nest"];
/** The package and its project that measure memory and time in a long run, when nothing else runs. */
const ALONE = { folder: "core", project: "load" };
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
	// Beside the steps that need no tarball, which take longer.
	const packed = packAll(publicPackages());
	await Promise.all([check(report, env, packed), packed.then(() => prepare(env)).then(test)]);
} catch (error) {
	if (!(error instanceof SetupError)) throw error;
	console.log(error.message);
	report.fail("setup");
}
report.end();

/**
 * Installs the packages, once for all tests that use them as they are published, and answers the environment of the tests.
 * @param {NodeJS.ProcessEnv} env
 */
async function prepare(env) {
	// What cannot be installed is told by the tests that need it.
	await installed(publicPackages().map(({ name }) => name)).catch(() => undefined);
	return { ...env, ...(await provide()) };
}

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

/**
 * One run of Vitest: of a package, or of all packages that have no options of their own.
 * @typedef {object} Run
 * @property {string} name
 * @property {string} dir where it runs, and leaves its report
 * @property {string[]} args
 * @property {readonly Package[]} packages
 *
 * @typedef {import("./workspace.mjs").Package} Package
 */

/** Runs the tests of every package, and counts them. @param {NodeJS.ProcessEnv} env */
async function test(env) {
	const packages = testedPackages();
	const shared = sharedPackages();
	const apart = packages.filter(({ dir }) => !shared.some((each) => each.dir === dir));
	const measured = isLongRun ? apart.find(({ dir }) => basename(dir) === ALONE.folder) : undefined;
	/** @type {Run[]} */
	const runs = apart.map((own) => ({
		name: own.name,
		dir: own.dir,
		args: own === measured ? [`--project=!${ALONE.project}`] : [],
		packages: [own],
	}));
	/** @type {Run | undefined} */
	const last = measured && {
		name: `${measured.name}, alone`,
		dir: measured.dir,
		args: [`--project=${ALONE.project}`],
		packages: [measured],
	};
	runs.push({
		name: "the other packages",
		dir: root,
		args: ["--config", join(root, ".ci", "shared.vitest.config.ts")],
		packages: shared,
	});
	// A report of an earlier run must not be counted.
	for (const { dir } of runs) rmSync(join(dir, VITEST_REPORT), { force: true });

	// Not through pnpm, which takes half a second of a core for each package: what the scripts call is this.
	const vitest = [
		"run",
		"--reporter=default",
		"--reporter=json",
		`--outputFile.json=${VITEST_REPORT}`,
		"--allowOnly=false",
	];
	/** @type {{ name: string, report: VitestReport }[]} */
	const tested = [];
	/** @param {Run} one */
	const perform = async ({ name, dir, args, packages: own }) => {
		const start = performance.now();
		const { ok } = await run("vitest", [...vitest, ...args], { cwd: dir, env, live: true });
		const seconds = ((performance.now() - start) / 1000).toFixed(1);
		console.log(`..    ${name}: the tests took ${seconds} s`);
		tested.push(...count(own, join(dir, VITEST_REPORT), ok));
	};
	const next = runs.toSorted((a, b) => placeOf(a) - placeOf(b)).values();
	const worker = async () => {
		for (const one of next) await perform(one);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	if (last !== undefined) await perform(last);

	const inOrder = packages.flatMap(({ name }) => tested.filter((each) => each.name === name));
	const options = { ci: CI, isLong: isLongRun };
	await report.step("table of the adapters", async () => updateSuiteTable(inOrder, options));
}

/** @param {Run} run */
function placeOf({ dir }) {
	if (dir === root) return -1;
	const place = FIRST.indexOf(basename(dir));
	return place === -1 ? FIRST.length : place;
}

/** @typedef {{ testResults: { name: string, status: string, message: string, assertionResults: { title: string, fullName: string, status: string }[] }[] }} VitestReport */

/**
 * Adds up the tests of one run, and answers the report of each package. A run that ended badly though no test failed
 * counts as one failure.
 * @param {readonly Package[]} packages @param {string} file @param {boolean} isGood
 */
function count(packages, file, isGood) {
	const names = packages.map(({ name }) => name).join(", ");
	if (!existsSync(file)) {
		report.fail(`${names}: vitest ended without a report`);
		return [];
	}
	const before = report.failed;
	/** @type {VitestReport} */
	const { testResults } = JSON.parse(readFileSync(file, "utf8"));
	const tested = packages.map((own) => {
		const its = testResults.filter(({ name }) => name.startsWith(own.dir + sep));
		countPackage(own, its);
		return { name: own.name, report: { testResults: its } };
	});
	if (!isGood && report.failed === before) {
		report.fail(`${names}: vitest ended badly though no test failed (see above)`);
	}
	return tested;
}

/**
 * Adds up one package's tests. A file that failed without a failing test (it could not be loaded, a hook threw) counts
 * as one failure, and so does a package that ran no test.
 * @param {Package} own @param {VitestReport["testResults"]} files
 */
function countPackage(own, files) {
	let failures = 0;
	let tests = 0;
	for (const suite of files) {
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
}
