// This library: a service, and `send` to a target.

import { encodeBlock } from "../event.js";

/** @type {import("./index.js").Wire} */
export const wire = {
	opening: ": open\n",
	block: (event) => encodeBlock(event, ": "),
	heartbeat: ": heartbeat\n",
};

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ heartbeats, onConnection }) {
	const { createSSEService } = await import("sse-service");
	const sse = createSSEService(heartbeats ? {} : { heartbeatIntervalMs: 0 });
	return {
		connect(req, res, { client: clientId, group: groupName }) {
			sse.connect({ req, res, clientId, groupName });
			onConnection();
		},
		toAll: ({ data, event, id }) => void sse.send("all", data, { event, id }),
		toGroup: (group, { data, event, id }) => void sse.send({ group }, data, { event, id }),
		toClient: (client, { data, event, id }) => void sse.send({ client }, data, { event, id }),
	};
}
