// The benchmark: measures every implementation of a field under the workloads that were asked for, and reports.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ROWS } from "./bars/rows.js";
import { judge, textOfRow } from "./bars-report.js";
import { fieldBefore, rowsToBefore } from "./before.js";
import { chooseCores, describeMachine, openFilesLimit, versionOf } from "./machine.js";
import { measure } from "./measure.js";
import { readOptions, usage } from "./options.js";
import { reportOf } from "./report.js";
import { keepReport, keepRow } from "./results.js";
import { textOf } from "./table.js";
import { WORKLOADS } from "./workloads/index.js";

/**
 * @typedef {import("./implementations/index.js").Entry} Entry
 * @typedef {import("./options.js").Options} Options
 * @typedef {import("./report.js").Report} Report
 * @typedef {import("./machine.js").Made} Made
 */

/** Where an implementation's file stands in a checkout. */
const IMPLEMENTATIONS_FOLDER = "packages/bench/src/implementations";
/** Files a process has open besides its connections. */
const OTHER_FILES = 100;

/**
 * @param {readonly string[]} args the command line's
 * @param {readonly Entry[]} field what can be measured, the baselines included
 * @returns {Promise<number>} the exit code: 0, or 1 when an event was lost, changed or out of order, or when
 * something could not be measured
 */
export async function bench(args, field) {
	try {
		const options = readOptions(args, WORKLOADS);
		if (options === "help") {
			console.log(usage(WORKLOADS));
			return 0;
		}
		checkNames(field, options.only);
		return await (options.bars ? judgeAll : compare)(options, field, describe(field, args));
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		return 1;
	}
}

/** @param {readonly Entry[]} field @param {readonly string[]} args @returns {Made} */
function describe(field, args) {
	return {
		date: new Date().toISOString(),
		command: ["pnpm bench", ...args].join(" "),
		machine: describeMachine(),
		cores: chooseCores(),
		versions: Object.fromEntries(
			field.flatMap(({ name, packageName }) =>
				packageName === undefined ? [] : [[name, versionOf(packageName)]],
			),
		),
	};
}

/** @param {Made} made */
function print({ machine, cores }) {
	const pinned =
		cores === undefined ? "not pinned" : `on cores ${cores.server} and ${cores.client}`;
	const { node, cpu, cores: count } = machine;
	console.log(`Node ${node}, ${cpu}, ${count} cores; server and client ${pinned}`);
}

/** @param {Options} options @param {readonly Entry[]} field @param {Made} made @returns {Promise<number>} */
async function compare(options, field, made) {
	print(made);
	const limits = affordable(options.limits);
	/** @type {Report[]} */
	const reports = [];
	for (const workload of WORKLOADS.filter(({ name }) => options.workloads.includes(name))) {
		const cases = workload.cases(limits);
		console.log(`\n${workload.title}, ${options.rounds} rounds`);
		const measurement = await measure(cases, field, { ...options, cores: made.cores }, (round) =>
			console.log(`round ${round} of ${options.rounds} done`),
		);
		const report = reportOf(workload, cases, field, measurement);
		reports.push(report);
		if (options.save) keepReport(made, report);
		console.log(`\n${textOf(report)}`);
	}
	if (options.json !== undefined) write(options.json, { ...made, reports });
	if (reports.some(({ failures }) => failures.length > 0)) return 1;
	console.log("\nEvery connection received every event, in order and byte for byte.");
	return 0;
}

/** @param {Options} options @param {readonly Entry[]} field @param {Made} made @returns {Promise<number>} */
async function judgeAll({ rows: chosen, before, rounds, json, save, ...options }, field, made) {
	const limits = affordable(options.limits);
	const [rows, all] = before === undefined ? [ROWS, field] : beside(before, field, limits);
	print(made);
	const verdicts = [];
	for (const row of rows.filter(({ row }) => chosen?.includes(row) ?? true)) {
		const { cores } = made;
		const missing = missingOf(row, all);
		if (missing !== undefined) {
			console.log(`${row.row}. ${row.what}: not measured, ${missing}`);
			continue;
		}
		const own = await judge(row, all, limits, { ...options, rounds, cores });
		console.log(textOfRow(own));
		verdicts.push(...own);
		if (save) keepRow(made, own);
	}
	if (json !== undefined) write(json, { ...made, verdicts });
	return 0;
}

/**
 * @param {string} checkout @param {readonly Entry[]} field @param {Options["limits"]} limits
 * @returns {[import("./bars/bar.js").Row[], Entry[]]} the rows, and the field with what an older checkout has
 */
function beside(checkout, field, limits) {
	const all = [...field, ...fieldBefore(field, checkout, IMPLEMENTATIONS_FOLDER)];
	return [rowsToBefore(ROWS, all, limits), all];
}

/** Why a row cannot be measured here, if it cannot. @param {import("./bars/bar.js").Row} row @param {readonly Entry[]} field */
function missingOf(row, field) {
	const reasons = field.map(({ name, missing }) => row.field.includes(name) && missing?.());
	return reasons.find((reason) => typeof reason === "string") || undefined;
}

/** @param {readonly Entry[]} field @param {readonly string[] | undefined} only */
function checkNames(field, only = []) {
	const names = field.map(({ name }) => name);
	const unknown = only.find((name) => !names.includes(name));
	if (unknown === undefined) return;
	throw new TypeError(`--only ${unknown}: there are ${names.join(", ")}`);
}

/** As many connections as a process may have open. @param {import("./workload.js").Limits} limits */
function affordable(limits) {
	const most = (openFilesLimit() ?? Number.POSITIVE_INFINITY) - OTHER_FILES;
	return { ...limits, connections: Math.min(limits.connections, most) };
}

/** @param {string} file relative to where the command was given, wherever a package manager has gone since @param {unknown} value */
function write(file, value) {
	const path = resolve(process.env.INIT_CWD ?? ".", file);
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, `${JSON.stringify(value, undefined, "\t")}\n`);
}
