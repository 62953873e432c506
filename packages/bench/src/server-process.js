// The server's process: one implementation behind `node:http`. Its argument is the implementation's module.

import { once } from "node:events";
import { createServer } from "node:http";
import { createEvent } from "./event.js";
import { takeOrders } from "./orders.js";
import { readUsage } from "./usage.js";

// The load client opens connections in batches smaller than this.
const BACKLOG = 1_024;

let connected = 0;
let onConnected = () => {};
let serialisations = 0;

/** @type {import("./implementations/index.js").Implementation} */
const { create } = await import(process.argv[2] ?? "");
const implementation = await create();
const server = createServer(async (req, res) => {
	await implementation.connect(req, res);
	connected++;
	onConnected();
});

takeOrders({
	/** @returns {Promise<number>} the port */
	async listen() {
		server.listen({ host: "127.0.0.1", port: 0, backlog: BACKLOG });
		await once(server, "listening");
		return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
	},

	/** Resolves when broadcasts reach this many connections. @param {number} count @returns {Promise<void>} */
	connected(count) {
		return new Promise((resolve) => {
			onConnected = () => {
				if (connected >= count) resolve();
			};
			onConnected();
		});
	},

	/** @param {{ index: number, eventBytes: number }} order */
	broadcast({ index, eventBytes }) {
		const event = createEvent(index, eventBytes);
		implementation.broadcast(event);
		serialisations += event.data.serialisations;
	},

	usage: readUsage,

	/** How often the data of events has been made into JSON. */
	serialisations: () => serialisations,
});
