// The table of what every adapter holds, in packages/testing/README.md: a row for each claim of `describeAdapter`, a
// column for each adapter it was run over, as the reports of the tests have it.

import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./workspace.mjs";

/**
 * @typedef {object} Assertion
 * @property {string} title
 * @property {string} status
 * @property {{ adapter?: string }} [meta] `adapter` is set by `describeAdapter`
 *
 * @typedef {{ name: string, report: { testResults: { assertionResults: Assertion[] }[] } }} Tested
 *
 * @typedef {object} CannotExist
 * @property {{ adapter: string, claim: string, reason: string }[]} claims `adapter` is a part of an adapter's name
 * @property {{ column: string, reason: string }[]} columns
 */

const FILE = join(root, "packages", "testing", "README.md");
const REASONS = join(root, "packages", "testing", "src", "cannot-exist.json");
const BEGIN = "<!-- the table: written by `npm test` -->";
const END = "<!-- the end of the table -->";

/**
 * Writes the table, or with `ci` only compares it. A run in which a claim failed writes nothing: its failure is
 * reported already. Nor does a long run, which has more columns: the table says what every `npm test` proves.
 * @param {readonly Tested[]} packages @param {{ ci: boolean, isLong: boolean }} options
 * @returns {import("./report.mjs").Verdict}
 */
export function updateSuiteTable(packages, { ci, isLong }) {
	/** @type {CannotExist} */
	const reasons = JSON.parse(readFileSync(REASONS, "utf8"));
	const sections = packages.map(sectionOf).filter(({ adapters }) => adapters.size > 0);
	const claims = new Set(
		sections.flatMap(({ adapters }) => [...adapters.values()].flatMap(keysOf)),
	);
	const problems = sections.flatMap(({ adapters }) =>
		Array.from(adapters, ([adapter, cells]) =>
			[...claims]
				.filter((claim) => cells.get(claim) !== "passed")
				.filter((claim) => cells.has(claim) || reasonFor(reasons, adapter, claim) === undefined)
				.map((claim) => `${adapter}: ${claim}: ${cells.get(claim) ?? "not run"}`),
		).flat(),
	);
	if (sections.length === 0) problems.push("no package has run the claims of describeAdapter");
	if (problems.length > 0) return { ok: false, output: problems.join("\n") };
	if (isLong) return { ok: true, output: "" };

	const before = readFileSync(FILE, "utf8");
	const [start, end] = [before.indexOf(BEGIN), before.indexOf(END)];
	if (start === -1 || end < start) {
		return { ok: false, output: `${FILE} has no place for the table: ${BEGIN} and ${END}` };
	}
	const text = [BEGIN, ...sections.map((each) => render(each, [...claims], reasons))];
	const columns = reasons.columns.map(({ column, reason }) => `- ${column}: ${reason}.`);
	text.push(`No column can exist for:\n\n${columns.join("\n")}`);
	const after = `${before.slice(0, start)}${text.join("\n\n")}\n\n${before.slice(end)}`;
	if (after === before) return { ok: true, output: "" };
	const name = relative(root, FILE);
	if (ci) {
		const output = `${name} is not what the tests say: run \`npm test\` without CI set and commit it.`;
		return { ok: false, output };
	}
	writeFileSync(FILE, after);
	console.log(`..    ${name} has a new table: commit it`);
	return { ok: true, output: "" };
}

/**
 * The adapters of one package, each with the status of its claims.
 * @param {Tested} tested
 */
function sectionOf({ name, report }) {
	/** @type {Map<string, Map<string, string>>} */
	const adapters = new Map();
	for (const { title, status, meta } of report.testResults.flatMap(
		(each) => each.assertionResults,
	)) {
		const adapter = meta?.adapter;
		if (adapter === undefined) continue;
		const cells = adapters.get(adapter) ?? new Map();
		adapters.set(adapter, cells.set(title, status));
	}
	// Files and projects end in an order of their own.
	const sorted = [...adapters].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
	return { name, adapters: new Map(sorted) };
}

/** @param {ReturnType<typeof sectionOf>} section @param {readonly string[]} claims @param {CannotExist} reasons */
function render({ name, adapters }, claims, reasons) {
	const head = ["claim", ...adapters.keys()];
	const rows = claims.map((claim) => [
		claim,
		...Array.from(adapters, ([adapter, cells]) =>
			cells.has(claim) ? "passed" : `cannot exist: ${reasonFor(reasons, adapter, claim)}`,
		),
	]);
	const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
	return [`### ${name}`, "", ...lines].join("\n");
}

/** @param {CannotExist} reasons @param {string} adapter @param {string} claim */
function reasonFor(reasons, adapter, claim) {
	return reasons.claims.find((each) => adapter.includes(each.adapter) && each.claim === claim)
		?.reason;
}

/** @param {Map<string, string>} map */
function keysOf(map) {
	return [...map.keys()];
}
