// This library with its event log in Redis: events return from there, and are then delivered.

import { startEngine } from "../engines/engine-server.js";

export { wire } from "./sse-service-history.js";

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const [{ createSSEService }, { redisEventLog }, { createClient }] = await Promise.all([
		import("sse-service"),
		import("@sse-service/redis"),
		import("redis"),
	]);
	const { url } = await startEngine("redis");
	const client = createClient({ url });
	await client.connect();
	const sse = createSSEService({
		heartbeatIntervalMs: 0,
		publishTimeoutMs: 0,
		eventLog: redisEventLog({ client }),
	});
	while (!sse.health().ready) await new Promise((resolve) => setTimeout(resolve, 5));
	return {
		connect(req, res) {
			sse.connect({ req, res });
			onConnection();
		},
		toAll: ({ data, event }) => void sse.send("all", data, { event }),
	};
}
