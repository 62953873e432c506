// sse-service 1.0.9, the version before this library. It always logs each connection and sends a heartbeat of
// its own event every 20 s; here it does neither, which is in its favour.

import { encodeBlock } from "../event.js";

/** @type {import("./index.js").Wire} */
export const wire = { opening: "\n", block: (event) => encodeBlock(event, ":") };

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection, heartbeats }) {
	const { default: sse } = await import("sse-service-1");
	console.log = () => {};
	if (!heartbeats) withoutIntervals();
	return {
		connect(req, res, { client: clientId, group: groupName }) {
			sse.connectSSE({ req, res, originalResHeaders: {}, clientId, groupName });
			onConnection();
		},
		toAll: ({ data, event, id }) => sse.sendSSEToAll(data, event, undefined, Number(id)),
		toGroup: (group, { data, event, id }) => sse.sendSSEToAll(data, event, group, Number(id)),
		toClient: (client, { data, event, id }) =>
			void sse.sendSSEToClient(client, data, event, undefined, Number(id)),
	};
}

/** Nothing else in this process wants one. */
function withoutIntervals() {
	const { setInterval } = globalThis;
	const never = setInterval(() => {}, 2 ** 31 - 1).unref();
	globalThis.setInterval = Object.assign(() => never, setInterval);
}
