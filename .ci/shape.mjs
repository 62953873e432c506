// The shape of the code in `packages/*/src`: files are short, and no passage of code stands twice.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root, workspacePackages } from "./workspace.mjs";

/** About two screens and a half. */
const MAX_LINES = 250;

/** The median of all files stays under this. */
const MEDIAN_LINES = 100;

/** How many equal lines in a row make a repeat. */
const REPEAT_LINES = 6;

/**
 * Repeats that are intended: a line of each, and the reason.
 * @type {readonly [line: string, reason: string][]}
 */
const INTENDED = [
	['decorator = "sse",', "each adapter is a package of its own, with the same options"],
	["event?: string | DocumentedSendOptions | null,", "the documented positions of 1.x"],
	["): Promise<readonly RunEntry[] | undefined> {", "the signature of RunStore.read"],
	[
		"follow(id: string, reader: FetchRunReader, options?: FollowOptions): Promise<Response>;",
		"a class repeats the overloads of its interface",
	],
	["): UsedStream<Events>;", "the hook of each framework has the overloads of openStream"],
	...["ownTag?: string | undefined", "ownId?: string | undefined", "leaseLeftMs: number"].map(
		/** @returns {[string, string]} */
		(field) => [
			`readonly ${field};`,
			"the core is tested with the suites, so they declare its types again",
		],
	),
];

/** @returns {Promise<import("./report.mjs").Verdict>} */
export async function checkShape() {
	const files = sources();
	const problems = [...tooLong(files), ...repeats(files)];
	return { ok: problems.length === 0, output: problems.join("\n") };
}

/** @typedef {{ file: string, lines: string[] }} Source */

/** The files of every package's `src`. */
function sources() {
	/** @type {Source[]} */
	const found = [];
	for (const { dir } of workspacePackages()) {
		const src = join(dir, "src");
		if (!dir.startsWith(join(root, "packages")) || !existsSync(src)) continue;
		for (const name of readdirSync(src, { recursive: true, encoding: "utf8" })) {
			if (!/\.(ts|js|mjs)$/.test(name)) continue;
			const lines = readFileSync(join(src, name), "utf8").trimEnd().split("\n");
			found.push({ file: relative(root, join(src, name)), lines });
		}
	}
	return found;
}

/** @param {readonly Source[]} files */
function tooLong(files) {
	const problems = files
		.filter(({ lines }) => lines.length > MAX_LINES)
		.map(({ file, lines }) => `${file} has ${lines.length} lines, more than ${MAX_LINES}`);
	const lengths = files.map(({ lines }) => lines.length).sort((one, other) => one - other);
	const median = lengths[Math.floor(lengths.length / 2)] ?? 0;
	if (median >= MEDIAN_LINES) problems.push(`half of the files have ${median} lines or more`);
	return problems;
}

/** @param {readonly Source[]} files */
function repeats(files) {
	/** @type {Map<string, string>} */
	const seen = new Map();
	/** @type {string[]} */
	const problems = [];
	for (const { file, lines } of files) {
		const own = codeOf(lines);
		let reported = -REPEAT_LINES;
		for (let at = 0; at + REPEAT_LINES <= own.length; at++) {
			const run = own.slice(at, at + REPEAT_LINES).map(({ text }) => text);
			const place = `${file}:${own[at]?.number}`;
			const key = run.join("\n");
			const first = seen.get(key);
			if (first === undefined) seen.set(key, place);
			else if (!INTENDED.some(([line]) => run.includes(line))) {
				if (at >= reported + REPEAT_LINES) {
					problems.push(`${place} repeats ${first}:`, ...run.map((line) => `    ${line}`));
				}
				reported = at;
			}
		}
	}
	return problems;
}

/**
 * The lines that count: no blank lines, comments, lone punctuation, imports and lists of exports.
 * @param {readonly string[]} lines
 */
function codeOf(lines) {
	/** @type {{ text: string, number: number }[]} */
	const code = [];
	/** What ends the list or comment that was opened. @type {string | undefined} */
	let until;
	for (const [index, line] of lines.entries()) {
		const text = line.trim();
		if (until !== undefined) {
			if (text.includes(until)) until = undefined;
		} else if (/^(import|export) (type )?\{[^}]*$/.test(text)) until = "}";
		else if (text.startsWith("/*")) until = text.includes("*/") ? undefined : "*/";
		else if (!/^(\/\/|import |export (type )?[{*])/.test(text) && /\w/.test(text)) {
			code.push({ text, number: index + 1 });
		}
	}
	return code;
}
