// What this repository consists of, and which Node it wants. Runs before anything is installed.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { allows } from "./version-range.mjs";

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} [version]
 * @property {boolean} [private]
 * @property {string} [main]
 * @property {string} [packageManager]
 * @property {{ node?: string }} [engines]
 * @property {readonly string[]} [files]
 * @property {Record<string, string>} [scripts]
 * @property {Record<string, unknown>} [exports]
 *
 * @typedef {object} Package
 * @property {string} name
 * @property {string} dir absolute
 * @property {Manifest} manifest
 */

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string} dir @returns {Manifest} */
function readManifest(dir) {
	return JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
}

const manifest = readManifest(root);

/** Every package of the workspace: the folders of `packages` and `examples` that have a package.json. */
export function workspacePackages() {
	/** @type {Package[]} */
	const found = [];
	for (const group of ["packages", "examples"]) {
		for (const entry of readdirSync(join(root, group)).sort()) {
			const dir = join(root, group, entry);
			if (!existsSync(join(dir, "package.json"))) continue;
			const own = readManifest(dir);
			found.push({ name: own.name, dir, manifest: own });
		}
	}
	return found;
}

/** What vitest.config.ts is in a package whose options are those of all. */
const SHARED_CONFIG = `import { defineConfig } from "vitest/config";
import { tests } from "../../.ci/vitest.js";

export default defineConfig({ test: tests });
`;

/** The packages whose tests `npm test` runs together. */
export function sharedPackages() {
	return testedPackages().filter(
		({ dir }) => readFileSync(join(dir, "vitest.config.ts"), "utf8") === SHARED_CONFIG,
	);
}

/** The packages that have tests. */
export function testedPackages() {
	return workspacePackages().filter(({ manifest }) => manifest.scripts?.test === "vitest run");
}

/** The packages that are published. */
export function publicPackages() {
	return workspacePackages().filter(({ manifest }) => manifest.private !== true);
}

/** The version of pnpm, from the one place that states it. */
export function pnpmVersion() {
	return (manifest.packageManager ?? "").replace(/^pnpm@/, "").replace(/\+.*$/, "");
}

/** A sentence on why this Node cannot be used, or undefined. */
export function nodeProblem(version = process.versions.node, range = manifest.engines?.node ?? "") {
	return allows(range, version) ? undefined : `Node ${range} is needed, this is ${version}.`;
}
