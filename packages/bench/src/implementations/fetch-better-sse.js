// better-sse behind @hono/node-server: `createResponse`, and a channel for everyone.

export { wire } from "./better-sse.js";

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { getRequestListener } = await import("@hono/node-server");
	const { createChannel, createResponse } = await import("better-sse");
	const everyone = createChannel();
	const listener = getRequestListener((request) =>
		createResponse(request, { keepAlive: null }, (session) => {
			everyone.register(session);
			onConnection();
		}),
	);
	return {
		connect: (req, res) => void listener(req, res),
		toAll: ({ data, event, id }) => void everyone.broadcast(data, event, { eventId: id }),
	};
}
