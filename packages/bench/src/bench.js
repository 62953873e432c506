// The benchmark: measures every implementation of a field in interleaved rounds, and reports.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createBroadcast } from "./broadcast.js";
import { BASELINE } from "./implementations/index.js";
import { chooseCores, describeMachine, openFilesLimit, versionOf } from "./machine.js";
import { readOptions, USAGE } from "./options.js";
import { samplesOf, summarise, tableOf } from "./report.js";
import { run } from "./run.js";

/**
 * @typedef {import("./implementations/index.js").Entry} Entry
 * @typedef {import("./options.js").Options} Options
 * @typedef {import("./report.js").Sample} Sample
 */

const EVENT_BYTES = 128;
// By then the compiler is done with what runs for each delivery.
const WARM_UPS = 25;
/** Files a process has open besides its connections. */
const OTHER_FILES = 100;

/**
 * @param {readonly string[]} args the command line's
 * @param {readonly Entry[]} field what can be measured, the baseline included
 * @returns {Promise<number>} the exit code: 0, or 1 when an event was lost, changed or out of order, or when
 * something could not be measured
 */
export async function bench(args, field) {
	try {
		const options = readOptions(args);
		if (options === "help") {
			console.log(USAGE);
			return 0;
		}
		return await compare(options, choose(field, options.only));
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		return 1;
	}
}

/** @param {Options} options @param {readonly Entry[]} entries @returns {Promise<number>} */
async function compare(options, entries) {
	const { connections, broadcasts, rounds } = options;
	checkOpenFiles(connections);
	const workload = createBroadcast({
		connections,
		warmUps: WARM_UPS,
		broadcasts,
		eventBytes: EVENT_BYTES,
	});
	const date = new Date().toISOString();
	const machine = describeMachine();
	const versions = new Map(
		entries.map(({ name, packageName }) => [name, packageName && versionOf(packageName)]),
	);
	const cores = chooseCores();
	const pinned =
		cores === undefined ? "not pinned" : `on cores ${cores.server} and ${cores.client}`;
	console.log(`${workload.title}, ${rounds} rounds of ${broadcasts} broadcasts`);
	console.log(
		`Node ${machine.node}, ${machine.cpu}, ${machine.cores} cores; server and client ${pinned}`,
	);
	console.log();

	/** @type {Sample[]} */
	const samples = [];
	/** @type {string | undefined} */
	let failure;
	try {
		for (let round = 1; round <= rounds; round++) {
			const measured = new Map();
			// Each has each place in turn: none is always the one behind a busy neighbour.
			for (const entry of rotate(entries, round - 1)) {
				measured.set(entry.name, await run(entry, workload, { ...options, cores }));
			}
			samples.push(...samplesOf(round, measured, measured.get(BASELINE)));
			console.log(`round ${round} of ${rounds} done`);
		}
	} catch (error) {
		failure = error instanceof Error ? error.message : String(error);
	}

	const summaries = entries.map(({ name }) => summarise(name, versions.get(name), samples));
	if (options.json !== undefined) {
		const { run: _, ...sizes } = workload;
		write(options.json, { date, machine, cores, workload: sizes, failure, summaries, samples });
	}
	if (failure !== undefined) {
		console.log(`FAIL  ${failure}`);
		return 1;
	}
	console.log(`\n${tableOf(summaries, BASELINE)}\n`);
	console.log("Every connection received every event, in order and byte for byte.");
	return 0;
}

/** @param {readonly Entry[]} field @param {readonly string[] | undefined} only */
function choose(field, only) {
	if (only === undefined) return field;
	const names = field.map(({ name }) => name);
	const unknown = only.find((name) => !names.includes(name));
	if (unknown !== undefined) {
		throw new TypeError(`--only ${unknown}: there are ${names.join(", ")}`);
	}
	return field.filter(({ name }) => only.includes(name) || name === BASELINE);
}

/** @param {number} connections */
function checkOpenFiles(connections) {
	const needed = connections + OTHER_FILES;
	const limit = openFilesLimit() ?? needed;
	if (limit >= needed) return;
	throw new Error(
		`${connections} connections need ${needed} open files, the limit is ${limit}: raise it with ulimit -n ${needed}`,
	);
}

/** @template T @param {readonly T[]} items @param {number} by */
function rotate(items, by) {
	const start = by % items.length;
	return [...items.slice(start), ...items.slice(0, start)];
}

/** @param {string} file relative to where the command was given, wherever a package manager has gone since @param {unknown} value */
function write(file, value) {
	const path = resolve(process.env.INIT_CWD ?? ".", file);
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, `${JSON.stringify(value, undefined, "\t")}\n`);
}
