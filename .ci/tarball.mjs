// Packs a package as it would be published, once for all who ask while its files stay as they are: checks, and the tests
// that install it.

import { createHash, randomUUID } from "node:crypto";
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { run } from "./command.mjs";
import { toolsEnv } from "./setup.mjs";
import { root } from "./workspace.mjs";

const CACHE = join(root, "node_modules", ".cache", "tarballs");
/** Those that npm packs whatever `files` says. */
const ALWAYS = /^(package\.json|README|LICENSE|CHANGELOG)/i;

/** @type {Map<string, Promise<string>>} */
const packing = new Map();

/**
 * The path of a package's tarball. Rejects with what pnpm said when it could not be packed.
 * @param {string} folder of the package, which is built
 * @returns {Promise<string>}
 */
export function tarballOf(folder) {
	const path = pathOf(folder);
	const packed =
		packing.get(path) ?? (existsSync(path) ? Promise.resolve(path) : pack(folder, path));
	packing.set(path, packed);
	return packed;
}

/**
 * Packs those that are not packed yet, all at once: most of the time for one goes into starting pnpm. If one cannot be packed,
 * `tarballOf` says why.
 * @param {readonly import("./workspace.mjs").Package[]} packages
 */
export async function packAll(packages) {
	const missing = packages.filter(({ dir }) => !existsSync(pathOf(dir)));
	if (missing.length === 0) return;
	const own = join(CACHE, randomUUID());
	mkdirSync(own, { recursive: true });
	try {
		const filters = missing.flatMap(({ name }) => ["--filter", name]);
		const args = [...filters, "pack", "--pack-destination", own];
		await run("pnpm", args, { cwd: root, env: await toolsEnv() });
		for (const { name, dir, manifest } of missing) {
			const file = `${name.replace(/^@/, "").replace("/", "-")}-${manifest.version}.tgz`;
			if (existsSync(join(own, file))) keep(join(own, file), pathOf(dir));
		}
	} finally {
		rmSync(own, { recursive: true, force: true });
	}
}

/** Where its tarball is or will be. @param {string} folder */
function pathOf(folder) {
	return join(CACHE, keyOf(folder), `${basename(folder)}.tgz`);
}

/** @param {string} file @param {string} path */
function keep(file, path) {
	mkdirSync(dirname(path), { recursive: true });
	renameSync(file, path);
}

/** By pnpm, which writes versions for what the manifest calls `workspace:`, as it does when it publishes. @param {string} folder @param {string} path */
async function pack(folder, path) {
	// Another process that asks for it packs as well, and the last one stays.
	const own = join(CACHE, randomUUID());
	mkdirSync(own, { recursive: true });
	try {
		const args = ["pack", "--pack-destination", own];
		const { ok, output } = await run("pnpm", args, { cwd: folder, env: await toolsEnv() });
		const [file] = readdirSync(own);
		if (!ok || file === undefined) throw new Error(`${folder} cannot be packed:\n${output}`);
		keep(join(own, file), path);
		return path;
	} finally {
		rmSync(own, { recursive: true, force: true });
	}
}

/** A hash of all that is packed, and of the versions of its siblings. @param {string} folder */
function keyOf(folder) {
	const hash = createHash("sha256");
	const { files = [] } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
	const names = readdirSync(folder).filter((name) => ALWAYS.test(name) || files.includes(name));
	for (const name of names) addTo(hash, join(folder, name));
	for (const sibling of readdirSync(join(root, "packages"))) {
		const manifest = join(root, "packages", sibling, "package.json");
		if (existsSync(manifest)) hash.update(JSON.parse(readFileSync(manifest, "utf8")).version);
	}
	return hash.digest("hex").slice(0, 20);
}

/** @param {import("node:crypto").Hash} hash @param {string} path a file or a folder */
function addTo(hash, path) {
	hash.update(path);
	const entries = statSync(path).isDirectory() ? readdirSync(path).sort() : undefined;
	if (entries === undefined) hash.update(readFileSync(path));
	else for (const name of entries) addTo(hash, join(path, name));
}
