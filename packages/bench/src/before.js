// This build beside an older one: the rows of the bars, each with the ratio to what an older checkout needs in the
// same round.

import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * @typedef {import("./bars/bar.js").Row} Row
 * @typedef {import("./implementations/index.js").Entry} Entry
 */

/** How much more a row may need than before: what two runs of one build differ by. */
const LIMIT = 1.03;

/** @param {string} name of an implementation */
export const before = (name) => `${name}, before`;

/** Whether it is made here. @param {{ packageName?: string }} entry */
const isOurs = ({ packageName = "" }) => /^(?:@sse-service\/|sse-service$)/.test(packageName);

/**
 * The entries of ours as an older checkout has them: its own file, which imports its own packages.
 * @template {{ name: string, url: string, packageName?: string }} T
 * @param {readonly T[]} field @param {string} checkout its root folder; its packages are built
 * @param {string} folder of the entries' modules in a checkout
 * @returns {T[]} those that it has, too
 * @throws {TypeError} when it has none, or is not built
 */
export function fieldBefore(field, checkout, folder) {
	// pnpm runs this in the package's folder, wherever the command was given.
	const root = resolve(process.env.INIT_CWD ?? ".", checkout);
	if (!existsSync(join(root, "packages/core/dist"))) {
		throw new TypeError(
			`--before ${checkout}: expected a checkout of this repository that is built`,
		);
	}
	return field.filter(isOurs).flatMap((entry) => {
		const file = join(root, folder, basename(fileURLToPath(entry.url)));
		if (!existsSync(file)) return [];
		return [{ ...entry, name: before(entry.name), url: pathToFileURL(file).href }];
	});
}

/**
 * @param {readonly Row[]} rows @param {readonly Entry[]} field with the entries from before
 * @param {import("./workload.js").Limits} limits
 * @returns {Row[]} with one bar for each of our implementations in each case: its first figure, to that before
 */
export function rowsToBefore(rows, field, limits) {
	const known = new Set(field.map(({ name }) => name));
	return rows.flatMap((row) => {
		const names = row.field.filter((name) => known.has(before(name)));
		if (names.length === 0) return [];
		const [{ key }] = row.workload.figures;
		const all = row.workload.cases(limits);
		const bars = (row.select?.(all) ?? all).flatMap((work, number) =>
			names.map((name) => ({
				what: `${name}, ${work.name}, to that before`,
				unit: "×",
				digits: 3,
				limit: LIMIT,
				value: (/** @type {import("./bars/bar.js").Look} */ look) =>
					(look(name, number)[key] ?? 0) / (look(before(name), number)[key] ?? 0),
			})),
		);
		return [{ ...row, field: names.flatMap((name) => [name, before(name)]), bars }];
	});
}
