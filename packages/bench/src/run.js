// One run: one implementation under one workload, with a server and a load client of its own, both fresh.

import { Child } from "./orders.js";

/**
 * @typedef {import("./broadcast.js").Measured} Measured
 * @typedef {import("./broadcast.js").Workload} Workload
 * @typedef {import("./implementations/index.js").Entry} Entry
 *
 * @typedef {object} RunOptions
 * @property {import("./machine.js").Cores | undefined} cores
 * @property {number} timeoutMs how long an event may take to all connections
 * @property {number} slowClientMicros how long the client does nothing at each read
 * @property {string | undefined} cpuProfileDir
 */

const SERVER = new URL("./server-process.js", import.meta.url).href;
const CLIENT = new URL("./client-process.js", import.meta.url).href;

/**
 * @param {Entry} entry @param {Workload} workload @param {RunOptions} options
 * @returns {Promise<Measured>} rejects when an event was lost, changed or out of order
 */
export async function run({ name, url }, workload, options) {
	const { connections, events, eventBytes } = workload;
	const { cores, timeoutMs, slowClientMicros, cpuProfileDir } = options;
	const nodeOptions =
		cpuProfileDir === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${cpuProfileDir}`];
	const server = new Child({
		name: `${name}, server`,
		url: SERVER,
		args: [url],
		core: cores?.server,
		nodeOptions,
	});
	const client = new Child({ name: `${name}, client`, url: CLIENT, core: cores?.client });
	try {
		const port = await server.ask("listen");
		await Promise.all([
			client.ask("connect", {
				port,
				connections,
				url,
				events,
				eventBytes,
				timeoutMs,
				slowClientMicros,
			}),
			server.ask("connected", connections),
		]);
		const measured = await workload.run(server, client, timeoutMs);
		await client.ask("disconnect");
		return measured;
	} finally {
		await Promise.all([server.end(), client.end()]);
	}
}
