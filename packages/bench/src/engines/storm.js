// A storm: many clients reconnect at once to a process that has in memory what they missed. How many commands does the engine receive?

import { connect } from "node:net";
import { Receiver } from "./receiver.js";
import { withPair } from "./works.js";

const MISSED = 10;
const TIMEOUT_MS = 600_000;

/** Each a round trip; what scripts call themselves is counted apart. */
const SENT = /^cmdstat_(evalsha|eval|xread|info|hello|client\|\w+):calls=(\d+)/gm;

/** @param {import("./members/index.js").Entry} entry of Redis @param {number} clients */
export function storm(entry, clients) {
	return withPair(entry, async ({ engine, sender, otherPort }) => {
		const receiver = await Receiver.open("sse", otherPort);
		const publish = (/** @type {number} */ first, /** @type {number} */ count) =>
			sender.ask("publish", { first, count, window: 1, padding: "" });
		await publish(0, 1);
		await receiver.until(1, TIMEOUT_MS);
		const { lastId } = receiver;
		await publish(1, MISSED);
		await receiver.until(1 + MISSED, TIMEOUT_MS);

		const port = Number(new URL(engine.url).port);
		const before = await commandsOf(port);
		const start = performance.now();
		const back = Array.from({ length: clients }, () => comeBack(otherPort, lastId));
		const sockets = await Promise.all(back);
		const milliseconds = performance.now() - start;
		const commands = (await commandsOf(port)) - before;
		for (const socket of sockets) socket.destroy();
		receiver.close();
		return { commands, milliseconds };
	});
}

/** Resolves when it has been given all that it missed. @param {number} port @param {string} lastEventId @returns {Promise<import("node:net").Socket>} */
function comeBack(port, lastEventId) {
	return new Promise((resolve, reject) => {
		const socket = connect(port, "127.0.0.1");
		socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: ${lastEventId}\r\n\r\n`);
		let text = "";
		socket.setEncoding("latin1").on("data", (part) => {
			text += part;
			if (text.split("\ndata: ").length > MISSED) resolve(socket);
		});
		socket.once("error", reject);
		socket.once("close", () => reject(new Error(`it was closed after: ${text}`)));
	});
}

/** How many commands the server has been sent. @param {number} port @returns {Promise<number>} */
function commandsOf(port) {
	return new Promise((resolve, reject) => {
		const socket = connect(port, "127.0.0.1");
		socket.end("INFO commandstats\r\nQUIT\r\n");
		let text = "";
		socket.setEncoding("latin1").on("data", (part) => {
			text += part;
		});
		socket.once("error", reject);
		socket.once("end", () => {
			const calls = [...text.matchAll(SENT)].map((match) => Number(match[2]));
			resolve(calls.reduce((sum, each) => sum + each, 0));
		});
	});
}
