// One run: one implementation under one case of a workload, with a server and a load client of its own,
// both fresh.

import { Child } from "./orders.js";

/**
 * @typedef {import("./implementations/index.js").Entry} Entry
 * @typedef {import("./workload.js").Case} Case
 * @typedef {import("./workload.js").Measured} Measured
 *
 * @typedef {object} RunOptions
 * @property {import("./machine.js").Cores | undefined} cores
 * @property {number} timeoutMs how long an event may take to all connections
 * @property {number} slowClientMicros how long the client does nothing at each read
 * @property {string | undefined} cpuProfileDir
 */

const SERVER = new URL("./server-process.js", import.meta.url).href;
const CLIENT = new URL("./client-process.js", import.meta.url).href;
const CONNECTING_AT_ONCE = 128;

/**
 * @param {Entry} entry @param {Case} work @param {RunOptions} options
 * @returns {Promise<Measured>} rejects when an event was lost, changed or out of order
 */
export async function run({ name, url }, work, options) {
	const { plan } = work;
	const { cores, timeoutMs, slowClientMicros, cpuProfileDir } = options;
	const profiling =
		cpuProfileDir === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${cpuProfileDir}`];
	const server = new Child({
		name: `${name}, server`,
		url: SERVER,
		args: [url, JSON.stringify(plan)],
		core: cores?.server,
		nodeOptions: ["--expose-gc", ...profiling],
	});
	const client = new Child({ name: `${name}, client`, url: CLIENT, core: cores?.client });
	let connected = 0;
	try {
		const port = await server.ask("listen");
		const measured = await work.run({
			server,
			client,
			timeoutMs,
			connect({ count = plan.connections, atOnce = CONNECTING_AT_ONCE } = {}) {
				connected += count;
				return Promise.all([
					client.ask("connect", { port, url, plan, count, atOnce, timeoutMs, slowClientMicros }),
					server.ask("connected", connected),
				]);
			},
		});
		await client.ask("disconnect");
		return measured;
	} finally {
		await Promise.all([server.end(), client.end()]);
	}
}
