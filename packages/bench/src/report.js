// The report: what many runs say together, as data and as a table.

import { cpuMicros } from "./usage.js";

/**
 * @typedef {import("./run.js").Measured} Measured
 *
 * @typedef {object} Sample what one run says
 * @property {string} implementation
 * @property {number} round from 1
 * @property {number} deliveries
 * @property {number} serverUserMicros
 * @property {number} serverSystemMicros
 * @property {number} serverCpuMicrosPerEvent
 * @property {number} ratio to the baseline in the same round
 * @property {number} wallMs
 * @property {number} serverCpuShare of one core's time
 * @property {number} clientCpuShare
 * @property {number} serialisationsPerBroadcast
 *
 * @typedef {{ min: number, median: number, max: number }} Spread
 *
 * @typedef {object} Summary what all runs of one implementation say
 * @property {string} implementation
 * @property {string | undefined} version
 * @property {Spread} serverCpuMicrosPerEvent
 * @property {Spread} ratio
 * @property {Spread} serialisationsPerBroadcast
 * @property {Spread} serverCpuShare
 * @property {Spread} clientCpuShare
 */

/**
 * @param {number} round
 * @param {ReadonlyMap<string, Measured>} measured the round's runs, by implementation
 * @param {Measured} baseline
 * @returns {Sample[]}
 */
export function samplesOf(round, measured, baseline) {
	const baselineMicros = cpuMicros(baseline.server) / baseline.deliveries;
	return Array.from(measured, ([implementation, run]) => {
		const { deliveries, server, client, serialisationsPerBroadcast } = run;
		const serverCpuMicrosPerEvent = cpuMicros(server) / deliveries;
		return {
			implementation,
			round,
			deliveries,
			serverUserMicros: server.userMicros,
			serverSystemMicros: server.systemMicros,
			serverCpuMicrosPerEvent,
			ratio: serverCpuMicrosPerEvent / baselineMicros,
			wallMs: server.wallMicros / 1_000,
			serverCpuShare: cpuMicros(server) / server.wallMicros,
			clientCpuShare: cpuMicros(client) / client.wallMicros,
			serialisationsPerBroadcast,
		};
	});
}

/** @param {string} implementation @param {string | undefined} version @param {readonly Sample[]} samples @returns {Summary} */
export function summarise(implementation, version, samples) {
	const own = samples.filter((sample) => sample.implementation === implementation);
	/** @param {(sample: Sample) => number} figure */
	const over = (figure) => spreadOf(own.map(figure));
	return {
		implementation,
		version,
		serverCpuMicrosPerEvent: over((sample) => sample.serverCpuMicrosPerEvent),
		ratio: over((sample) => sample.ratio),
		serialisationsPerBroadcast: over((sample) => sample.serialisationsPerBroadcast),
		serverCpuShare: over((sample) => sample.serverCpuShare),
		clientCpuShare: over((sample) => sample.clientCpuShare),
	};
}

/** @param {readonly number[]} values at least one @returns {Spread} */
function spreadOf(values) {
	const sorted = values.toSorted((a, b) => a - b);
	/** @param {number} index */
	const at = (index) => sorted[index] ?? Number.NaN;
	const last = sorted.length - 1;
	const median = (at(Math.floor(last / 2)) + at(Math.ceil(last / 2))) / 2;
	return { min: at(0), median, max: at(last) };
}

/** @param {readonly Summary[]} summaries @param {string} baseline @returns {string} */
export function tableOf(summaries, baseline) {
	/** @param {Spread} spread @param {number} digits */
	const cells = ({ min, median, max }, digits) =>
		[min, median, max].map((value) => value.toFixed(digits));
	/** @param {Spread} spread */
	const percent = ({ median }) => `${Math.round(median * 100)} %`;
	const rows = summaries.map((summary) => [
		summary.implementation,
		...cells(summary.serverCpuMicrosPerEvent, 1),
		...cells(summary.ratio, 2),
		String(summary.serialisationsPerBroadcast.median),
		percent(summary.serverCpuShare),
		percent(summary.clientCpuShare),
	]);
	const groups = ["", "µs", "", "", "ratio", "", "", "JSON", "CPU", ""];
	const names = ["", "min", "median", "max", "min", "median", "max", "", "server", "client"];
	const lines = align([groups, names, ...rows]);
	return [
		...lines,
		"",
		"µs      CPU time of the server, user and system, per event delivered",
		`ratio   to the ${baseline} in the same round`,
		"JSON    how often the event's data was serialised for one broadcast, median",
		"CPU     share of a core's time that the process used, median",
	].join("\n");
}

/** Columns as wide as their widest cell, numbers to the right. @param {readonly (readonly string[])[]} rows @returns {string[]} */
function align(rows) {
	const widths = rows[0]?.map((_, column) =>
		Math.max(...rows.map((row) => (row[column] ?? "").length)),
	);
	return rows.map((row) =>
		row
			.map((cell, column) =>
				column === 0 ? cell.padEnd(widths?.[column] ?? 0) : cell.padStart(widths?.[column] ?? 0),
			)
			.join("  ")
			.trimEnd(),
	);
}
