// @sse-service/nest: a route that streams, and the core's `send`.

import { createNestServer } from "./nest-app.js";

export { wire } from "./sse-service.js";

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const [{ SseModule, SseStream }, { createSSEService }] = await Promise.all([
		import("@sse-service/nest"),
		import("sse-service"),
	]);
	const service = createSSEService({ heartbeatIntervalMs: 0, onConnect: onConnection });
	class EventsController {
		events() {}
	}
	return {
		server: await createNestServer(
			[SseModule.forRoot({ service })],
			EventsController,
			SseStream("/"),
		),
		toAll: ({ data, event, id }) => void service.send("all", data, { event, id }),
	};
}
