// `pnpm check`: everything that can be said about the code without running its tests. One line per step.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { checkApiDocs } from "./api-docs.mjs";
import { onInterrupt, run } from "./command.mjs";
import { checkPackedLinks } from "./packed-links.mjs";
import { checkPackedTypes } from "./packed-types.mjs";
import { Report } from "./report.mjs";
import { build, SetupError, toolsEnv } from "./setup.mjs";
import { checkShape } from "./shape.mjs";
import { packAll, tarballOf } from "./tarball.mjs";
import { publicPackages, root, workspacePackages } from "./workspace.mjs";

/** @typedef {import("./report.mjs").Verdict} Verdict */

const AT_ONCE = 2;

/**
 * Runs all steps, two at a time. The packages must be built. `packed`: when they are packed as well.
 * @param {Report} report @param {NodeJS.ProcessEnv} env @param {Promise<void>} packed
 */
export async function check(report, env, packed) {
	/** @param {string} command @param {readonly string[]} args */
	const tool = (command, args) => run(command, args, { cwd: root, env });
	/** @type {[name: string, work: () => Promise<Verdict>][]} */
	const steps = [];

	steps.push(["types", () => tool("node", [join(root, ".ci", "types.mjs")])]);
	steps.push([
		"lint and format",
		() => tool("biome", ["ci", "--colors=off", "--error-on-warnings", "."]),
	]);
	steps.push(["knip", () => tool("knip", ["--no-progress"])]);
	for (const own of publicPackages()) {
		/** @param {(file: string) => Promise<Verdict>} use */
		const tarball = (use) =>
			packed
				.then(() => tarballOf(own.dir))
				.then(use)
				.catch((error) => ({ ok: false, output: error.message }));
		// One without `main` is for those who import: CommonJS is not asked about.
		const isForRequire = own.manifest.main !== undefined;
		steps.push([`publint ${own.name}`, () => tarball(checkPackedManifest)]);
		steps.push([
			`attw ${own.name}`,
			() => tarball((file) => checkPackedTypes(file, { isForRequire })),
		]);
		steps.push([`links ${own.name}`, () => tarball((file) => checkPackedLinks(file, own))]);
	}
	steps.push(["size-limit", () => tool("size-limit", [])]);
	steps.push(["short files, no repeats", checkShape]);
	steps.push(["API reference", checkApiDocs]);
	steps.push(["lock file", noHosts]);
	steps.push(["limits of tests", oneLimit]);
	steps.push(["changesets", onlyPublic]);

	const next = steps.values();
	const worker = async () => {
		for (const [name, work] of next) await report.step(name, work);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Publint, in this process: to start it takes most of its time. @param {string} file @returns {Promise<Verdict>} */
async function checkPackedManifest(file) {
	// Here, because `npm test` loads this file before it has installed anything.
	const [{ publint }, { formatMessage }] = await Promise.all([
		import("publint"),
		import("publint/utils"),
	]);
	const bytes = readFileSync(file);
	const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
	const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
	return {
		ok: messages.every(({ type }) => type !== "error"),
		output: messages.map((message) => formatMessage(message, pkg)).join("\n"),
	};
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

/**
 * A limit in time, which is met on a busy machine: behind a test or hook, among the options of one, or of a poll. `vi.waitFor` has one
 * of a second if it gets none.
 */
const OWN_LIMIT =
	/^\t*\}, [\d_]{4,}\);|\{ timeout: [\d_]+ \}, (?:async )?\(|\.(?:poll|waitFor)\([^;]*?\btimeout:|\bvi\.wait(?:For|Until)\(|testTimeout|hookTimeout/m;

/** Every package's tests have the one limit of all, and no test one of its own. */
async function oneLimit() {
	/** @type {string[]} */
	const problems = [];
	for (const { dir, manifest } of workspacePackages()) {
		if (manifest.scripts?.test === undefined) continue;
		const config = join(dir, "vitest.config.ts");
		const options = existsSync(config) ? readFileSync(config, "utf8") : "";
		// A configuration with projects also needs some of them beside the projects.
		const isWhole = !options.includes("projects: ") || options.includes("...translated,\n");
		if (!options.includes("/.ci/vitest.js") || !isWhole) {
			problems.push(`${relative(root, config)} does not begin with the options of .ci/vitest.ts`);
		}
		const names = readdirSync(join(dir, "test"), { recursive: true, encoding: "utf8" });
		for (const name of names.filter((each) => /\.ts$/.test(each) && !/node_modules/.test(each))) {
			const file = join(dir, "test", name);
			const found = OWN_LIMIT.exec(readFileSync(file, "utf8"));
			if (found === null) continue;
			problems.push(`${relative(root, file)} has a limit of its own: ${found[0].trim()}`);
		}
	}
	return { ok: problems.length === 0, output: problems.join("\n") };
}

/** Changesets name public packages only: one that names a private package as well ends a release with an error. */
async function onlyPublic() {
	const isPublic = new Set(publicPackages().map(({ name }) => name));
	const folder = join(root, ".changeset");
	const problems = readdirSync(folder)
		.filter((name) => name.endsWith(".md") && name !== "README.md")
		.flatMap((name) => {
			const [, head = ""] = readFileSync(join(folder, name), "utf8").split(/^---$/m);
			const named = Array.from(head.matchAll(/^"([^"]+)":/gm), ([, each]) => each);
			const others = named.filter((each) => !isPublic.has(each ?? ""));
			return others.map((each) => `.changeset/${name} names ${each}, which is not published`);
		});
	return { ok: problems.length === 0, output: problems.join("\n") };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const core = join(root, "packages", "core");
	const report = new Report();
	onInterrupt((exitCode) => report.end(exitCode));
	try {
		const env = await toolsEnv();
		await build(env);
		const packed = packAll(publicPackages());
		// `npm test` runs it with the other tests of the core.
		const layers = () => run("vitest", ["run", "test/layers.test.ts"], { cwd: core, env });
		await Promise.all([check(report, env, packed), report.step("layers", layers)]);
	} catch (error) {
		if (!(error instanceof SetupError)) throw error;
		console.log(error.message);
		report.fail("setup");
	}
	report.end();
}
