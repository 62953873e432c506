// sse-channel: a channel for everyone and one for each group; a client's response, which `send` accepts.

import { encodeBlock } from "../event.js";

/** @typedef {import("sse-channel").default} SseChannel */

/** @type {import("./index.js").Wire} */
export const wire = { opening: ":ok\n\n", block: (event) => encodeBlock(event, ": ") };

/** The longest possible: heartbeats cannot be turned off. */
const NEVER_MS = 2 ** 31 - 1;

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { default: SseChannel } = await import("sse-channel");
	const createChannel = () => new SseChannel({ jsonEncode: true, pingInterval: NEVER_MS });
	const everyone = createChannel();
	/** @type {Map<string, SseChannel>} */
	const groups = new Map();
	/** @type {Map<string, import("node:http").ServerResponse>} */
	const clients = new Map();
	/** @param {string} name */
	const groupOf = (name) => {
		const group = groups.get(name) ?? createChannel();
		groups.set(name, group);
		return group;
	};
	return {
		connect(req, res, { client, group }) {
			if (client !== undefined) {
				clients.set(client, res);
				res.on("close", () => clients.delete(client));
			}
			(group === undefined ? everyone : groupOf(group)).addClient(req, res);
			onConnection();
		},
		toAll: (event) => everyone.send(event),
		toGroup: (group, event) => groups.get(group)?.send(event),
		toClient(client, event) {
			const response = clients.get(client);
			if (response !== undefined) everyone.send(event, [response]);
		},
	};
}
