// This library with `history`, and clients that all reconnect: each has missed the same ten events, which are its opening.

import { createEvent } from "../event.js";
import * as withHistory from "./sse-service-history.js";

const missed = Array.from({ length: 10 }, (_, index) => createEvent(index, 128));

/** @type {import("./index.js").Wire} */
export const wire = {
	...withHistory.wire,
	opening: `: open\n${missed.map(withHistory.wire.block).join("")}`,
};

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { createSSEService } = await import("sse-service");
	const sse = createSSEService({ heartbeatIntervalMs: 0, history: true });
	const { id } = await sse.publish("all", "the last that they had");
	for (const { data, event } of missed) sse.send("all", data, { event });
	return {
		connect(req, res, { client: clientId, group: groupName }) {
			// The load client sends the same request to everyone.
			req.headers["last-event-id"] = id;
			sse.connect({ req, res, clientId, groupName });
			onConnection();
		},
		toAll: ({ data, event }) => void sse.send("all", data, { event }),
	};
}
