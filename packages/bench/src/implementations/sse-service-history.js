// This library with `history`: events go through its event log, and their positions there are their ids.

/** @type {import("./index.js").Wire} */
export const wire = {
	ownIds: true,
	opening: ": open\nid: \n\n",
	block: ({ event, data }) => `event: ${event}\nid: \ndata: ${JSON.stringify(data)}\n\n`,
};

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { createSSEService } = await import("sse-service");
	const sse = createSSEService({ heartbeatIntervalMs: 0, history: true });
	return {
		connect(req, res, { client: clientId, group: groupName }) {
			sse.connect({ req, res, clientId, groupName });
			onConnection();
		},
		toAll: ({ data, event }) => void sse.send("all", data, { event }),
		toGroup: (group, { data, event }) => void sse.send({ group }, data, { event }),
		toClient: (client, { data, event }) => void sse.send({ client }, data, { event }),
	};
}
