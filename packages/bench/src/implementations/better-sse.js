// better-sse: a channel, and `broadcast`.

import { encodeBlock } from "../event.js";

/** @type {import("./index.js").Wire} */
export const wire = { opening: "retry:2000\n\n", block: (event) => encodeBlock(event, ":") };

/** @returns {Promise<import("./index.js").Running>} */
export async function create() {
	const { createChannel, createSession } = await import("better-sse");
	const channel = createChannel();
	return {
		async connect(req, res) {
			channel.register(await createSession(req, res, { keepAlive: null }));
		},
		broadcast({ data, event, id }) {
			channel.broadcast(data, event, { eventId: id });
		},
	};
}
