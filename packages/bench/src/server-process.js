// The server's process: one implementation behind `node:http`. Its arguments are the implementation's
// module and the run's plan, as JSON.

import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";
import { CountedData } from "./event.js";
import { LoopDelay } from "./loop-delay.js";
import { takeOrders } from "./orders.js";
import { addresseeOf, eventOf } from "./plan.js";
import { nowMicros, readUsage } from "./usage.js";

/**
 * @typedef {import("./event.js").BenchEvent} BenchEvent
 * @typedef {import("./plan.js").Plan} Plan
 */

// As many as Linux allows at most, so that connections in a storm do not wait for a retransmission.
const BACKLOG = 4_096;

/** @type {Plan} */
const plan = JSON.parse(process.argv[3] ?? "");
let connected = 0;
let onConnected = () => {};
/** What each audience gets: first by number of the event, then of the audience. @type {BenchEvent[][]} */
let events = [];
/** @type {LoopDelay | undefined} */
let loopDelay;

/** @type {import("./implementations/index.js").Implementation} */
const { create } = await import(process.argv[2] ?? "");
const implementation = await create({
	heartbeats: plan.heartbeats,
	onConnection() {
		connected++;
		onConnected();
	},
});
const server =
	implementation.server ??
	createServer((req, res) => implementation.connect?.(req, res, addresseeOf(req.url)));

/** Sends each audience its event. @param {number} nth */
function send(nth) {
	const { toAll, toGroup, toClient } = implementation;
	const toOne = plan.target === "group" ? toGroup : toClient;
	events[nth]?.forEach((event, audience) => {
		if (plan.target === "all") toAll?.(event);
		else toOne?.(String(audience), event);
	});
}

takeOrders({
	/** @returns {Promise<number>} the port */
	async listen() {
		if (implementation.port !== undefined) return implementation.port;
		server.listen({ host: "127.0.0.1", port: 0, backlog: BACKLOG });
		await once(server, "listening");
		return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
	},

	/** Makes all events, before anything is measured. */
	prepare() {
		const { audiences } = plan;
		events = Array.from({ length: plan.events }, (_, nth) =>
			Array.from({ length: audiences }, (_, audience) => eventOf(plan, nth, audience)),
		);
	},

	/** Resolves when sends have come to reach this many connections, those that have left since included. @param {number} count @returns {Promise<void>} */
	connected(count) {
		// Where another process serves, the clients alone know.
		if (implementation.port !== undefined) return Promise.resolve();
		return new Promise((resolve) => {
			onConnected = () => {
				if (connected >= count) resolve();
			};
			onConnected();
		});
	},

	/** Sends this many events, in one turn. @param {{ from: number, count: number }} order */
	send({ from, count }) {
		for (let nth = from; nth < from + count; nth++) send(nth);
	},

	/**
	 * Sends so many events, one every so often, and resolves an interval after the last. What is late is sent as
	 * soon as it can be, in one turn, as what comes in from elsewhere would be.
	 * @param {{ from: number, count: number, intervalMs: number }} order
	 * @returns {Promise<number[]>} when each was sent
	 */
	async pace({ from, count, intervalMs }) {
		const sentAt = [];
		const startMs = performance.now();
		while (sentAt.length < count) {
			while (sentAt.length < count && performance.now() >= startMs + sentAt.length * intervalMs) {
				sentAt.push(nowMicros());
				send(from + sentAt.length - 1);
			}
			await setTimeout(Math.max(0, startMs + sentAt.length * intervalMs - performance.now()));
		}
		return sentAt;
	},

	usage() {
		const usage = readUsage();
		const userMicros = implementation.usedMicros?.();
		return userMicros === undefined ? usage : { ...usage, userMicros, systemMicros: 0 };
	},

	/** Starts to watch the event loop. */
	startLoopDelay() {
		loopDelay = new LoopDelay();
	},

	/** How late the loop was since then. */
	loopDelay: () => loopDelay?.stop(),

	/** @returns {Promise<number>} resident bytes after garbage collection and compaction */
	async resident() {
		for (let i = 0; i < 3; i++) {
			globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
			await setTimeout(50);
		}
		return implementation.residentBytes?.() ?? process.memoryUsage.rss();
	},

	/** How often the data of the last events has been made into JSON. */
	serialisations() {
		const last = events.at(-1) ?? [];
		return last.reduce(
			(sum, { data }) => sum + (data instanceof CountedData ? data.serialisations : 0),
			0,
		);
	},

	/** Starts the watch over the memory at its highest. @returns {number} resident bytes now */
	startPeak() {
		forgetPeak();
		return process.memoryUsage.rss();
	},

	/** @returns {number} resident bytes at their highest since `startPeak` */
	peak: readPeak,
});

/** If the kernel cannot reset it, the peak is that of the whole run. */
function forgetPeak() {
	try {
		// proc(5): "5 (since Linux 4.0): Reset the peak resident set size".
		writeFileSync("/proc/self/clear_refs", "5");
	} catch {}
}

/** @returns {number} */
function readPeak() {
	try {
		const status = readFileSync("/proc/self/status", "utf8");
		return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
	} catch {
		return process.resourceUsage().maxRSS * 1_024;
	}
}
