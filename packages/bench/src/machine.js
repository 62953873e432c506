// What the figures were made on and with.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, type } from "node:os";

/**
 * @typedef {object} Cores one for each process
 * @property {number} server
 * @property {number} client
 *
 * @typedef {object} Machine
 * @property {string} cpu
 * @property {number} cores
 * @property {string} system
 * @property {string} node
 *
 * @typedef {object} Made what figures were made on, with and by
 * @property {string} date
 * @property {string} command
 * @property {Machine} machine
 * @property {Cores | undefined} cores
 * @property {Readonly<Record<string, string>>} versions by implementation
 */

/** Binds a process to cores (util-linux); other systems have none. */
export const TASKSET = "taskset";

/** @returns {Machine} */
export function describeMachine() {
	const all = cpus();
	return {
		cpu: all[0]?.model.trim() ?? "unknown",
		cores: all.length,
		system: `${type()} ${arch()}`,
		node: process.versions.node,
	};
}

/** The first two cores this process may use, or `undefined` where there is one only, or no `taskset`. @returns {Cores | undefined} */
export function chooseCores() {
	const { status, stdout } = spawnSync(TASKSET, ["--cpu-list", "--pid", String(process.pid)], {
		encoding: "utf8",
	});
	if (status !== 0) return undefined;
	// "pid 4711's current affinity list: 0-3,8"
	const [server, client] = (stdout.split(":")[1]?.trim().split(",") ?? []).flatMap((range) => {
		const [first = 0, last = first] = range.split("-").map(Number);
		return Array.from({ length: last - first + 1 }, (_, i) => first + i);
	});
	return server === undefined || client === undefined ? undefined : { server, client };
}

/** How many files a process may open, sockets included; `undefined` where there is no such limit. @returns {number | undefined} */
export function openFilesLimit() {
	const report = /** @type {{ userLimits?: { open_files?: { soft: number | "unlimited" } } }} */ (
		process.report.getReport()
	);
	const soft = report.userLimits?.open_files?.soft;
	return typeof soft === "number" ? soft : undefined;
}

/** The version of an installed package, which may be known here by another name than its own. @param {string} packageName @returns {string} */
export function versionOf(packageName) {
	// Not every package exports its package.json.
	let folder = new URL(".", import.meta.resolve(packageName));
	for (;;) {
		const manifest = readManifest(new URL("package.json", folder));
		if (manifest?.version !== undefined) return manifest.version;
		const parent = new URL("..", folder);
		if (parent.href === folder.href) throw new Error(`${packageName} has no package.json`);
		folder = parent;
	}
}

/** @param {URL} url @returns {{ version?: string } | undefined} */
function readManifest(url) {
	try {
		return JSON.parse(readFileSync(url, "utf8"));
	} catch {
		return undefined;
	}
}
