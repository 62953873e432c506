// The load client's process: opens the connections, checks every byte that comes on them, and says when
// all of them have an event.

import { once } from "node:events";
import { connect } from "node:net";
import { ExpectedBody } from "./expected-body.js";
import { takeOrders } from "./orders.js";
import { audienceOf, eventOf, pathOf } from "./plan.js";
import { ResponseCheck } from "./response-check.js";
import { nowMicros, readUsage } from "./usage.js";

/**
 * @typedef {import("./implementations/index.js").Wire} Wire
 * @typedef {import("./plan.js").Plan} Plan
 *
 * @typedef {object} ConnectOrder
 * @property {number} port
 * @property {string} url the implementation's module, for what its clients get
 * @property {Plan} plan
 * @property {number} count how many connections more
 * @property {number} atOnce how many may be opening
 * @property {number} timeoutMs
 * @property {number} slowClientMicros
 */

// One for all sockets: data is checked before the callback returns.
const readBuffer = Buffer.allocUnsafe(64 * 1024);
/** @type {import("node:net").Socket[]} */
const sockets = [];
/** @type {ResponseCheck[]} */
const checks = [];
/** How many connections have each piece of the body. @type {number[]} */
let arrivals = [];
/** When each event came, on each connection, if the plan is timed. @type {number[][]} */
let arrivedAt = [];
/** Whether heartbeats will come. */
let beating = false;
/** How many connections read to the end. */
let readers = 0;
/** The first thing that went wrong. @type {Error | undefined} */
let failure;
/** How long each read takes besides. */
let delayMs = 0;
/** Called when all connections have a piece, and at the failure. */
let onProgress = () => {};

takeOrders({
	/** Resolves when every connection has its opening. @param {ConnectOrder} order */
	async connect({ port, url, plan, count, atOnce, timeoutMs, slowClientMicros }) {
		/** @type {import("./implementations/index.js").Implementation} */
		const { wire } = await import(url);
		const { opening, block, heartbeat } = wire;
		const bodies = Array.from({ length: plan.audiences }, (_, audience) => {
			const blocks = plan.heartbeats
				? new Array(heartbeat === undefined ? 0 : plan.events).fill(heartbeat)
				: Array.from({ length: plan.events }, (_, nth) => block(eventOf(plan, nth, audience)));
			return new ExpectedBody([opening, ...blocks]);
		});
		beating = plan.heartbeats && heartbeat !== undefined;
		if (sockets.length === 0) {
			arrivals = new Array(plan.events + 1).fill(0);
			arrivedAt = plan.timed ? Array.from({ length: plan.events }, () => []) : [];
		}
		delayMs = slowClientMicros / 1_000;
		const wanted = sockets.length + count;
		while (sockets.length < wanted) {
			readers = Math.min(sockets.length + atOnce, wanted);
			while (sockets.length < readers) {
				const number = sockets.length;
				const body = /** @type {ExpectedBody} */ (bodies[audienceOf(plan, number)]);
				open(port, pathOf(plan, number), body, wire);
			}
			await everywhere(0, timeoutMs);
		}
		stopReading(plan.slow);
	},

	/** Resolves when every connection has received its events up to number `nth`. @param {{ nth: number, timeoutMs: number }} order */
	received: ({ nth, timeoutMs }) => everywhere(nth + 1, timeoutMs),

	/** Resolves when every connection has received a heartbeat; at once if heartbeats are off. @param {{ timeoutMs: number }} order */
	heartbeat: ({ timeoutMs }) => (beating ? everywhere(1, timeoutMs) : undefined),

	/**
	 * How long the events took from being sent to each connection.
	 * @param {{ from: number, sentAt: readonly number[] }} order
	 */
	latencies({ from, sentAt }) {
		const all = sentAt.flatMap((sent, i) => (arrivedAt[from + i] ?? []).map((at) => at - sent));
		all.sort((a, b) => a - b);
		/** @param {number} share */
		const at = (share) => all[Math.ceil(all.length * share) - 1] ?? Number.NaN;
		return { p50Micros: at(0.5), p99Micros: at(0.99), p999Micros: at(0.999) };
	},

	usage: readUsage,

	/** Leaves as a client does, and resolves when the server has closed every connection too. */
	async leave() {
		const closing = sockets.map((socket) => once(socket.removeAllListeners("close"), "close"));
		for (const socket of sockets) socket.end();
		await Promise.all(closing);
		sockets.length = 0;
		checks.length = 0;
	},

	/** Resets the connections: in TIME_WAIT, run upon run, they would use up the ports. */
	disconnect() {
		for (const socket of sockets) socket.removeAllListeners("close").resetAndDestroy();
	},
});

/** @param {number} port @param {string} path @param {ExpectedBody} expected @param {Wire} wire */
function open(port, path, expected, wire) {
	const number = sockets.length;
	/** @param {Error} error */
	const fail = (error) => {
		failure ??= new Error(`connection ${number}: ${error.message}`);
		onProgress();
	};
	const check = new ResponseCheck(
		expected,
		(piece) => {
			const count = (arrivals[piece] ?? 0) + 1;
			arrivals[piece] = count;
			arrivedAt[piece - 1]?.push(nowMicros());
			if (count === readers) onProgress();
		},
		wire,
	);
	const onread = {
		buffer: readBuffer,
		/** @param {number} byteLength */
		callback(byteLength) {
			if (delayMs > 0) for (const end = performance.now() + delayMs; performance.now() < end; );
			try {
				check.receive(readBuffer, byteLength);
			} catch (error) {
				fail(/** @type {Error} */ (error));
			}
			return failure === undefined;
		},
	};
	const socket = connect({ host: "127.0.0.1", port, noDelay: true, onread });
	socket.on("error", fail);
	socket.on("close", () => fail(new Error(`it was closed after ${check.pieces} pieces`)));
	socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`);
	sockets.push(socket);
	checks.push(check);
}

/** The first connections are no longer read; the server may close them for it. @param {number} count */
function stopReading(count) {
	readers -= count;
	for (const socket of sockets.slice(0, count)) {
		socket
			.removeAllListeners("close")
			.removeAllListeners("error")
			.on("error", () => {});
		socket.pause();
	}
}

/** Resolves when every connection has the piece. @param {number} piece @param {number} timeoutMs @returns {Promise<void>} */
function everywhere(piece, timeoutMs) {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => {
			const without = checks.findIndex((check) => check.pieces <= piece);
			const missing = readers - (arrivals[piece] ?? 0);
			const what = piece === 0 ? "the opening" : `event ${piece - 1}`;
			failure ??= new Error(
				`${what} did not reach ${missing} of ${readers} connections (the first: ${without}) within ${timeoutMs} ms`,
			);
			onProgress();
		}, timeoutMs);
		onProgress = () => {
			if (failure !== undefined) reject(failure);
			else if (arrivals[piece] === readers) resolve();
			else return;
			clearTimeout(timer);
		};
		onProgress();
	});
}
