// The packages as npm installs them from their tarballs, once for all who ask while their files stay as they are: the tests
// that run them as strangers do.

import { randomUUID } from "node:crypto";
import {
	cpSync,
	existsSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "./command.mjs";
import { tarballOf } from "./tarball.mjs";
import { root } from "./workspace.mjs";

/**
 * @typedef {object} Dependencies
 * @property {Map<string, string>} own folders of packages of this repository, by name
 * @property {Map<string, string>} foreign folders of the packages that they depend on, by name
 */

/**
 * The packages with these names, which are built, and all that they depend on: ours as npm installed them, in folders to
 * copy, and the others as the lock file's install has them. Rejects with what npm said when it could not install one.
 * @param {readonly string[]} names
 * @returns {Promise<Dependencies>}
 */
export async function installed(names) {
	const { own, foreign } = dependenciesOf(names);
	const tarballs = new Map(
		await Promise.all(
			Array.from(
				own,
				async ([name, folder]) => /** @type {const} */ ([name, await tarballOf(folder)]),
			),
		),
	);
	const places = new Map(Array.from(tarballs, ([name, file]) => [name, placeOf(file)]));
	if (![...places.values()].every(existsSync)) await install(tarballs, foreign);
	return { own: places, foreign };
}

/** @param {string} tarball */
function placeOf(tarball) {
	return join(dirname(tarball), "installed");
}

/** @param {Map<string, string>} tarballs @param {Map<string, string>} foreign */
async function install(tarballs, foreign) {
	// Outside of this repository, where npm finds nothing else.
	const project = realpathSync(mkdtempSync(join(tmpdir(), "sse-service-")));
	try {
		const paths = [
			...tarballs,
			...Array.from(foreign, ([name, path]) => [name, realpathSync(path)]),
		];
		const dependencies = Object.fromEntries(paths.map(([name, path]) => [name, `file:${path}`]));
		writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, dependencies }));
		// No registry is asked. Each project brings its own peers.
		const args = [
			"install",
			"--offline",
			"--ignore-scripts",
			"--legacy-peer-deps",
			"--no-audit",
			"--no-fund",
		];
		const { ok, output } = await run("npm", args, { cwd: project });
		if (!ok) throw new Error(`${[...tarballs.keys()].join(", ")} cannot be installed:\n${output}`);
		for (const [name, file] of tarballs) keep(join(project, "node_modules", name), placeOf(file));
	} finally {
		rmSync(project, { recursive: true, force: true });
	}
}

/** Whole or not at all. Another process that asks for it installs as well, and the first one stays. @param {string} folder @param {string} place */
function keep(folder, place) {
	const copy = `${place}-${randomUUID()}`;
	cpSync(folder, copy, { recursive: true });
	try {
		renameSync(copy, place);
	} catch (error) {
		rmSync(copy, { recursive: true });
		if (!existsSync(place)) throw error;
	}
}

/** @param {readonly string[]} names @param {Dependencies} [found] @returns {Dependencies} */
function dependenciesOf(names, found = { own: new Map(), foreign: new Map() }) {
	for (const name of names) {
		if (found.own.has(name)) continue;
		const folder = folderOf(name);
		found.own.set(name, folder);
		/** @type {{ dependencies?: Record<string, string> }} */
		const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
		for (const [needed, range] of Object.entries(dependencies)) {
			if (range.startsWith("workspace:")) dependenciesOf([needed], found);
			else found.foreign.set(needed, join(folder, "node_modules", needed));
		}
	}
	return found;
}

/** The core is in `core`; `@sse-service/x` is in `x`. @param {string} name */
function folderOf(name) {
	return join(root, "packages", /^@sse-service\/(.+)$/.exec(name)?.[1] ?? "core");
}
