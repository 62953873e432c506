// A stream by hand in Fastify: the reply is hijacked, which skips its onSend hooks, and the raw response written to, with
// the headers that earlier hooks have set.

import { keep } from "./kept.js";
import { openStream } from "./open-stream.js";

export { wire } from "./bare-http.js";

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { default: fastify } = await import("fastify");
	const app = fastify();
	app.get("/", async (_request, reply) => {
		reply.hijack();
		for (const [name, value] of Object.entries(reply.getHeaders())) {
			if (value !== undefined) reply.raw.setHeader(name, value);
		}
		openStream(reply.raw, ": open\n");
		keep(reply.raw);
		onConnection();
	});
	await app.ready();
	return { server: app.server };
}
