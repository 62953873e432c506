// @sse-service/fastify: `reply.sse()` in a handler, and the core's `send`.

export { wire } from "./sse-service.js";

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const [{ default: fastify }, { default: sse }, { createSSEService }] = await Promise.all([
		import("fastify"),
		import("@sse-service/fastify"),
		import("sse-service"),
	]);
	const app = fastify();
	const service = createSSEService({ heartbeatIntervalMs: 0 });
	await app.register(sse, { service });
	app.get("/", async (_request, reply) => {
		await reply.sse();
		onConnection();
	});
	await app.ready();
	return {
		server: app.server,
		toAll: ({ data, event, id }) => void service.send("all", data, { event, id }),
	};
}
