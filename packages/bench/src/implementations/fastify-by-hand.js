// A stream by hand in Fastify: the reply is hijacked, which skips its onSend hooks, and the raw response written to.

import { openStream } from "./open-stream.js";

export { wire } from "./bare-http.js";

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { default: fastify } = await import("fastify");
	const app = fastify();
	app.get("/", async (_request, reply) => {
		reply.hijack();
		openStream(reply.raw, ": open\n");
		onConnection();
	});
	await app.ready();
	return { server: app.server };
}
