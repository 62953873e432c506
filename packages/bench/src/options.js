// The command line's options, checked.

import { parseArgs } from "node:util";
import { ANSWER_MS } from "./orders.js";

/**
 * @typedef {object} Options
 * @property {boolean} quick
 * @property {number} connections
 * @property {number} rounds
 * @property {number} broadcasts measured ones, in each run
 * @property {number} timeoutMs
 * @property {number} slowClientMicros
 * @property {readonly string[] | undefined} only
 * @property {string | undefined} json
 * @property {string | undefined} cpuProfileDir
 */

export const USAGE = `pnpm bench [option...]

  --quick           a few seconds: 250 connections, 2 rounds of 40 broadcasts
  --connections N   default 1000
  --rounds N        default 7; in each, every implementation runs once
  --broadcasts N    measured in each run, default 100
  --only NAME       this implementation, and what it is compared with; may be repeated
  --json FILE       write everything measured there
  --timeout-ms N    how long a broadcast may take to reach everyone, default 10000
  --slow-client N   have the client waste N µs on each read, which must not change the figures
  --cpu-prof DIR    write a CPU profile of each server there; the figures are then of no use
  --help`;

const LEAST = { connections: 1, rounds: 1, broadcasts: 1, "timeout-ms": 1, "slow-client": 0 };
const MOST = {
	connections: 20_000,
	rounds: 100,
	broadcasts: 10_000,
	"timeout-ms": ANSWER_MS / 2,
	"slow-client": 1_000,
};
const USUAL = {
	connections: 1_000,
	rounds: 7,
	broadcasts: 100,
	"timeout-ms": 10_000,
	"slow-client": 0,
};
const QUICK = { ...USUAL, connections: 250, rounds: 2, broadcasts: 40 };

/** @param {readonly string[]} args @returns {Options | "help"} @throws {TypeError} with a sentence */
export function readOptions(args) {
	const { values } = parseArgs({
		args: [...args],
		options: {
			quick: { type: "boolean", default: false },
			connections: { type: "string" },
			rounds: { type: "string" },
			broadcasts: { type: "string" },
			only: { type: "string", multiple: true },
			json: { type: "string" },
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
	return {
		quick: values.quick,
		connections: count("connections"),
		rounds: count("rounds"),
		broadcasts: count("broadcasts"),
		timeoutMs: count("timeout-ms"),
		slowClientMicros: count("slow-client"),
		only: values.only,
		json: values.json,
		cpuProfileDir: values["cpu-prof"],
	};
}
