// socket.io with its adapter for Redis Streams: the other library that several processes can share a log with.

import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

/** @param {string} url @returns {Promise<import("./index.js").Member>} */
export async function create(url) {
	const client = createClient({ url });
	await client.connect();
	const server = createServer();
	// With its default of 10,000, a process that is further behind continues where the stream begins: its clients miss what is
	// in between, silently.
	const io = new Server(server, {
		adapter: createAdapter(client, { maxLen: 1_000_000 }),
		// On a busy machine, a late answer would end a connection, and events sent in the meantime would be lost.
		pingTimeout: 600_000,
	});
	return {
		server,
		isReady: () => true,
		// It does not say when the event is stored: others have their turn, as while one waits for that.
		publish(data) {
			io.emit("event", data);
			return new Promise((resolve) => setImmediate(resolve));
		},
	};
}
