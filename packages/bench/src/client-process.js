// The load client's process: opens the connections, checks every byte that comes on them, and says when
// all of them have an event.

import { connect } from "node:net";
import { createEvent } from "./event.js";
import { ExpectedBody } from "./expected-body.js";
import { takeOrders } from "./orders.js";
import { ResponseCheck } from "./response-check.js";
import { readUsage } from "./usage.js";

/**
 * @typedef {object} ConnectOrder
 * @property {number} port
 * @property {number} connections
 * @property {string} url the implementation's module, for what its clients get
 * @property {number} events how many will be sent
 * @property {number} eventBytes
 * @property {number} timeoutMs
 * @property {number} slowClientMicros
 */

const CONNECTING_AT_ONCE = 128;
const REQUEST = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n";

// One for all sockets: what was read is looked at before the callback returns.
const readBuffer = Buffer.allocUnsafe(64 * 1024);
/** @type {import("node:net").Socket[]} */
const sockets = [];
/** @type {ResponseCheck[]} */
const checks = [];
/** How many connections have each piece of the body. @type {number[]} */
let arrivals = [];
/** The first thing that went wrong. @type {Error | undefined} */
let failure;
/** How long each read takes besides. */
let delayMs = 0;
/** Called when all connections have a piece, and at the failure. */
let onProgress = () => {};

takeOrders({
	/** Resolves when every connection has its opening. @param {ConnectOrder} order */
	async connect({ port, connections, url, events, eventBytes, timeoutMs, slowClientMicros }) {
		/** @type {import("./implementations/index.js").Implementation} */
		const { wire } = await import(url);
		const blocks = Array.from({ length: events }, (_, i) => wire.block(createEvent(i, eventBytes)));
		const expected = new ExpectedBody([wire.opening, ...blocks]);
		arrivals = expected.ends.map(() => 0);
		delayMs = slowClientMicros / 1_000;
		while (sockets.length < connections) {
			const count = Math.min(CONNECTING_AT_ONCE, connections - sockets.length);
			for (let i = 0; i < count; i++) open(port, expected);
			await everywhere(0, timeoutMs);
		}
	},

	/**
	 * Resolves when every connection has the event `index` and all before it.
	 * @param {{ index: number, timeoutMs: number }} order
	 */
	received: ({ index, timeoutMs }) => everywhere(index + 1, timeoutMs),

	usage: readUsage,

	/** Resets the connections: in TIME_WAIT, run upon run, they would use up the ports. */
	disconnect() {
		for (const socket of sockets) socket.removeAllListeners("close").resetAndDestroy();
	},
});

/** @param {number} port @param {ExpectedBody} expected */
function open(port, expected) {
	const number = sockets.length;
	/** @param {Error} error */
	const fail = (error) => {
		failure ??= new Error(`connection ${number}: ${error.message}`);
		onProgress();
	};
	const check = new ResponseCheck(expected, (piece) => {
		const count = (arrivals[piece] ?? 0) + 1;
		arrivals[piece] = count;
		if (count === sockets.length) onProgress();
	});
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
	socket.write(REQUEST);
	sockets.push(socket);
	checks.push(check);
}

/** Resolves when every connection has the piece. @param {number} piece @param {number} timeoutMs @returns {Promise<void>} */
function everywhere(piece, timeoutMs) {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => {
			const without = checks.findIndex((check) => check.pieces <= piece);
			const missing = sockets.length - (arrivals[piece] ?? 0);
			const what = piece === 0 ? "the opening" : `event ${piece - 1}`;
			failure ??= new Error(
				`${what} did not reach ${missing} of ${sockets.length} connections (the first: ${without}) within ${timeoutMs} ms`,
			);
			onProgress();
		}, timeoutMs);
		onProgress = () => {
			if (failure !== undefined) reject(failure);
			else if (arrivals[piece] === sockets.length) resolve();
			else return;
			clearTimeout(timer);
		};
		onProgress();
	});
}
