// The command line's options, checked.

import { parseArgs } from "node:util";
import { ANSWER_MS } from "./orders.js";

/**
 * @typedef {object} Options
 * @property {readonly string[]} workloads by name
 * @property {boolean} bars
 * @property {string | undefined} before the checkout that the rows of the bars are measured against, instead of the bars
 * @property {readonly number[] | undefined} rows of the bars
 * @property {import("./workload.js").Limits} limits
 * @property {number} rounds
 * @property {number} timeoutMs
 * @property {number} slowClientMicros
 * @property {readonly string[] | undefined} only
 * @property {string | undefined} json
 * @property {boolean} save
 * @property {string | undefined} cpuProfileDir
 */

const ALL = "all";

/** @param {readonly import("./workload.js").Workload[]} workloads */
export const usage = (workloads) => `pnpm bench [option...]

  --workload NAME   what is measured, default ${workloads[0]?.name}; may be repeated; ${ALL} is every one of:
${workloads.map(({ name, title }) => `                      ${name.padEnd(18)}${title}`).join("\n")}
  --bars            what the library must show, bar by bar
  --before DIR      the rows of the bars, each to what the checkout in DIR needs, which is built
  --only-row N      only this row; may be repeated
  --quick           every workload, small and once: that it works, not how fast
  --rounds N        default 5; in each, every implementation runs once
  --connections N   at most so many in any run
  --turns N         at most so many measured turns in a run
  --seconds N       at most so long at a fixed rate
  --only NAME       this implementation, and what it is compared with; may be repeated
  --json FILE       write everything measured there
  --save            keep it in results/, and write RESULTS.md with tables and plots
  --timeout-ms N    how long an event may take to reach everyone, default 20000
  --slow-client N   have the client waste N µs on each read, which must not change the figures
  --cpu-prof DIR    write a CPU profile of each server there; the figures are then of no use
  --help`;

const LEAST = {
	connections: 10,
	rounds: 1,
	turns: 1,
	seconds: 1,
	"timeout-ms": 1,
	"slow-client": 0,
};
const MOST = {
	connections: 100_000,
	rounds: 100,
	turns: 10_000,
	seconds: 600,
	"timeout-ms": ANSWER_MS / 2,
	"slow-client": 1_000,
};
const USUAL = { ...MOST, rounds: 5, "timeout-ms": 20_000, "slow-client": 0 };
const QUICK = { ...USUAL, rounds: 1, connections: 200, turns: 10, seconds: 1 };

/**
 * @param {readonly string[]} args @param {readonly import("./workload.js").Workload[]} workloads
 * @returns {Options | "help"} @throws {TypeError} with a sentence
 */
export function readOptions(args, workloads) {
	const { values } = parseArgs({
		args: [...args],
		options: {
			workload: { type: "string", multiple: true },
			bars: { type: "boolean", default: false },
			before: { type: "string" },
			"only-row": { type: "string", multiple: true },
			quick: { type: "boolean", default: false },
			connections: { type: "string" },
			rounds: { type: "string" },
			turns: { type: "string" },
			seconds: { type: "string" },
			only: { type: "string", multiple: true },
			json: { type: "string" },
			save: { type: "boolean", default: false },
			"timeout-ms": { type: "string" },
			"slow-client": { type: "string" },
			"cpu-prof": { type: "string" },
			help: { type: "boolean", default: false },
		},
	});
	if (values.help) return "help";
	const defaults = values.quick ? QUICK : USUAL;
	/** @param {keyof typeof USUAL} name */
	const count = (name) => {
		const value = Number(values[name] ?? defaults[name]);
		if (Number.isInteger(value) && value >= LEAST[name] && value <= MOST[name]) return value;
		throw new TypeError(`--${name} must be an integer from ${LEAST[name]} to ${MOST[name]}`);
	};
	if (values.before !== undefined && values.save) {
		throw new TypeError(
			"--save keeps figures of one build: it goes with --bars, not with --before",
		);
	}
	const names = workloads.map(({ name }) => name);
	const named = values.workload ?? (values.quick ? [ALL] : names.slice(0, 1));
	const unknown = named.find((name) => name !== ALL && !names.includes(name));
	if (unknown !== undefined) {
		throw new TypeError(`--workload ${unknown}: there are ${names.join(", ")} and ${ALL}`);
	}
	return {
		workloads: named.includes(ALL) ? names : named,
		bars: values.bars || values.before !== undefined,
		before: values.before,
		rows: values["only-row"]?.map(Number),
		limits: {
			connections: count("connections"),
			turns: count("turns"),
			seconds: count("seconds"),
		},
		rounds: count("rounds"),
		timeoutMs: count("timeout-ms"),
		slowClientMicros: count("slow-client"),
		only: values.only,
		json: values.json,
		save: values.save,
		cpuProfileDir: values["cpu-prof"],
	};
}
