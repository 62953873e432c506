// `pnpm check`: everything that can be said about the code without running its tests. One line per step.

import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { checkApiDocs } from "./api-docs.mjs";
import { onInterrupt, run } from "./command.mjs";
import { Report } from "./report.mjs";
import { build, SetupError, toolsEnv } from "./setup.mjs";
import { tarballOf } from "./tarball.mjs";
import { root, workspacePackages } from "./workspace.mjs";

/** @typedef {import("./report.mjs").Verdict} Verdict */

const AT_ONCE = 2;

/**
 * Runs all steps, two at a time. The packages must be built.
 * @param {Report} report @param {NodeJS.ProcessEnv} env
 */
export async function check(report, env) {
	/** @param {string} command @param {readonly string[]} args @param {string} [cwd] */
	const tool = (command, args, cwd = root) => run(command, args, { cwd, env });
	const packages = workspacePackages();
	/** @type {[name: string, work: () => Promise<Verdict>][]} */
	const steps = [];

	for (const dir of [join(root, ".ci"), ...packages.map((own) => own.dir)]) {
		if (!existsSync(join(dir, "tsconfig.json"))) continue;
		steps.push([`types ${relative(root, dir)}`, () => tool("tsc", ["--noEmit", "-p", dir])]);
	}
	steps.push([
		"lint and format",
		() => tool("biome", ["ci", "--colors=off", "--error-on-warnings", "."]),
	]);
	steps.push(["knip", () => tool("knip", ["--no-progress"])]);
	for (const own of packages.filter((each) => each.manifest.private !== true)) {
		/** @param {(file: string) => Promise<Verdict>} use */
		const tarball = (use) =>
			tarballOf(own.dir).then(use, (error) => ({ ok: false, output: error.message }));
		steps.push([
			`publint ${own.name}`,
			() => tarball((file) => tool("publint", ["run", file, "--strict"])),
		]);
		steps.push([
			`attw ${own.name}`,
			() => tarball((file) => tool("attw", ["--no-emoji", "--format", "ascii", file])),
		]);
	}
	steps.push(["size-limit", () => tool("size-limit", [])]);
	const core = join(root, "packages", "core");
	steps.push(["layers", () => tool("vitest", ["run", "test/layers.test.ts"], core)]);
	steps.push(["API reference", checkApiDocs]);
	steps.push(["lock file", noHosts]);

	const next = steps.values();
	const worker = async () => {
		for (const [name, work] of next) await report.step(name, work);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** The lock file names no registry: it must serve people behind a mirror as well. */
async function noHosts() {
	const hosts =
		readFileSync(join(root, "pnpm-lock.yaml"), "utf8").match(
			/^.*(?:https?:\/\/|git\+|tarball:).*$/gm,
		) ?? [];
	const lines = hosts.filter((line) => !/^\s*deprecated:/.test(line));
	return { ok: lines.length === 0, output: lines.join("\n") };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const report = new Report();
	onInterrupt((exitCode) => report.end(exitCode));
	try {
		const env = await toolsEnv();
		await build(env);
		await check(report, env);
	} catch (error) {
		if (!(error instanceof SetupError)) throw error;
		console.log(error.message);
		report.fail("setup");
	}
	report.end();
}
