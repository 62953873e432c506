// A stream by hand in Fastify: the reply is a PassThrough, before which the onSend hooks run.

import { PassThrough } from "node:stream";
import { keep } from "./kept.js";
import { STREAM_HEADERS } from "./open-stream.js";

export { wire } from "./bare-http.js";

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { default: fastify } = await import("fastify");
	const app = fastify();
	app.get("/", async (_request, reply) => {
		const stream = new PassThrough();
		stream.write(": open\n");
		keep(stream);
		onConnection();
		return reply.headers(STREAM_HEADERS).send(stream);
	});
	await app.ready();
	return { server: app.server };
}
