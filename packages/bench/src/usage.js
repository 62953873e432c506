// What a process has used so far: the same reading in the server and in the client.

/**
 * @typedef {object} Usage
 * @property {number} userMicros CPU time in user mode
 * @property {number} systemMicros CPU time in the kernel on this process's behalf
 * @property {number} wallMicros time on the clock
 */

/** All threads of this process, the compiler's and the collector's included. @returns {Usage} */
export function readUsage() {
	const { user, system } = process.cpuUsage();
	return { userMicros: user, systemMicros: system, wallMicros: performance.now() * 1_000 };
}

/** The clock that all processes of a machine share. */
export function nowMicros() {
	return Number(process.hrtime.bigint() / 10n) / 100;
}

/** @param {Usage} before @param {Usage} after @returns {Usage} */
export function usageBetween(before, after) {
	return {
		userMicros: after.userMicros - before.userMicros,
		systemMicros: after.systemMicros - before.systemMicros,
		wallMicros: after.wallMicros - before.wallMicros,
	};
}

/** @param {Usage} usage */
export function cpuMicros({ userMicros, systemMicros }) {
	return userMicros + systemMicros;
}

/** How much of one core's time each side used. @param {Usage} server @param {Usage} client */
export function sharesOf(server, client) {
	return {
		serverCpuShare: cpuMicros(server) / server.wallMicros,
		clientCpuShare: cpuMicros(client) / client.wallMicros,
	};
}
