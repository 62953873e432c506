// This library with `history`, and `publish` for each event: what an observed service is compared with.

import * as withHistory from "./sse-service-history.js";

export const { wire } = withHistory;

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { createSSEService } = await import("sse-service");
	return publishingOn(createSSEService({ heartbeatIntervalMs: 0, history: true }), onConnection);
}

/**
 * @param {import("sse-service").SSEService} sse @param {() => void} onConnection
 * @returns {import("./index.js").Running}
 */
export function publishingOn(sse, onConnection) {
	return {
		connect(req, res, { client: clientId, group: groupName }) {
			sse.connect({ req, res, clientId, groupName });
			onConnection();
		},
		toAll: ({ data, event }) => void sse.publish("all", data, { event }),
	};
}
