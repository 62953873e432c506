// This library in one of several processes, with the event log it is given.

import { createServer } from "node:http";

/**
 * @param {import("sse-service").SSEServiceOptions} options
 * @returns {Promise<import("./index.js").Member>}
 */
export async function createMember(options) {
	const { createSSEService } = await import("sse-service");
	const sse = createSSEService({
		heartbeatIntervalMs: 0,
		// How late an answer comes is measured, however late.
		publishTimeoutMs: 0,
		...options,
	});
	return {
		server: createServer((req, res) => void sse.connect({ req, res })),
		isReady: () => sse.health().ready,
		publish: (data) => sse.publish("all", data),
	};
}
