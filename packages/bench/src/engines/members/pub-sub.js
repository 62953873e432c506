// The solution by hand, and the floor: Redis passes what is published to the subscribers of that moment, and keeps nothing.

import { createServer } from "node:http";
import { createClient } from "redis";

const CHANNEL = "events";

/** @param {string} url @returns {Promise<import("./index.js").Member>} */
export async function create(url) {
	const client = createClient({ url });
	const subscriber = client.duplicate();
	await Promise.all([client.connect(), subscriber.connect()]);
	/** @type {Set<import("node:http").ServerResponse>} */
	const open = new Set();
	await subscriber.subscribe(CHANNEL, (message) => {
		for (const res of open) res.write(`data: ${message}\n\n`);
	});
	return {
		server: createServer((_req, res) => {
			res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
			res.write(": open\n\n");
			open.add(res);
			res.on("close", () => open.delete(res));
		}),
		isReady: () => true,
		publish: (data) => client.publish(CHANNEL, JSON.stringify(data)),
	};
}
