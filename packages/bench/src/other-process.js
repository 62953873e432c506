// A process that is not our Node: its address, and the CPU and memory it used.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";

/** For what cannot say which port the system chose. @returns {Promise<number>} */
export async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
	server.close();
	await once(server, "close");
	return port;
}

/** @param {number} port @returns {Promise<import("node:net").Socket>} */
export async function connectWhenUp(port) {
	for (let attempts = 200; ; attempts--) {
		const socket = connect({ host: "127.0.0.1", port, noDelay: true });
		try {
			await once(socket, "connect");
			return socket;
		} catch (error) {
			if (attempts === 0) throw error;
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	}
}

/** User and system together, as `process.cpuUsage()` has them apart. @param {number | undefined} pid */
export function cpuMicrosOf(pid) {
	// "time spent on the cpu (in nanoseconds)", sched-stats.
	return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1_000;
}

/** Of all its threads, in steps of 10 ms. @param {number | undefined} pid */
export function allCpuMicrosOf(pid) {
	const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
	// Behind the name, which may have spaces in it: utime and stime, fields 14 and 15.
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** @param {number | undefined} pid */
export function residentBytesOf(pid) {
	const status = readFileSync(`/proc/${pid}/status`, "utf8");
	return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}
