// better-sse: a channel for everyone and one for each group, and `broadcast`; a client's session, and `push`.

import { encodeBlock } from "../event.js";

/** @type {import("./index.js").Wire} */
export const wire = { opening: "retry:2000\n\n", block: (event) => encodeBlock(event, ":") };

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { createChannel, createSession } = await import("better-sse");
	const everyone = createChannel();
	/** @type {Map<string, import("better-sse").Channel>} */
	const groups = new Map();
	/** @type {Map<string, import("better-sse").Session>} */
	const sessions = new Map();
	/** @param {string} name */
	const groupOf = (name) => {
		const group = groups.get(name) ?? createChannel();
		groups.set(name, group);
		return group;
	};
	return {
		async connect(req, res, { client, group }) {
			const session = await createSession(req, res, { keepAlive: null });
			if (client !== undefined) {
				sessions.set(client, session);
				session.once("disconnected", () => sessions.delete(client));
			} else (group === undefined ? everyone : groupOf(group)).register(session);
			onConnection();
		},
		toAll: ({ data, event, id }) => void everyone.broadcast(data, event, { eventId: id }),
		toGroup: (group, { data, event, id }) =>
			void groups.get(group)?.broadcast(data, event, { eventId: id }),
		toClient: (client, { data, event, id }) => void sessions.get(client)?.push(data, event, id),
	};
}
