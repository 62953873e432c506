/**
 * The claims of every adapter, over Fastify 5 and 4.
 */
import { createRequire } from "node:module";
import compress5 from "@fastify/compress";
import cookie5 from "@fastify/cookie";
import cors5 from "@fastify/cors";
import helmet5 from "@fastify/helmet";
import session5 from "@fastify/session";
import {
	type AdapterHarness,
	describeAdapter,
	type Middleware,
} from "@sse-service/testing/adapter";
import { type FastifyInstance, fastify as fastify5 } from "fastify";
import { createSSEService } from "sse-service";
import { sse } from "../src/index.js";

const require = createRequire(import.meta.url);
const commonJs = require("sse-service") as AdapterHarness["commonJs"];

const FIVE = {
	fastify: fastify5,
	compress: compress5,
	cookie: cookie5,
	cors: cors5,
	helmet: helmet5,
	session: session5,
};

// Their types are those of the newer ones, as far as they are used here.
const FOUR: typeof FIVE = {
	fastify: require("fastify-4"),
	compress: require("compress-4"),
	cookie: require("cookie-4"),
	cors: require("cors-4"),
	helmet: require("helmet-4"),
	session: require("session-4"),
};

function overFastify({ fastify, compress, cookie, cors, helmet, session }: typeof FIVE) {
	const harness: AdapterHarness = {
		commonJs,
		start: async (setup) => {
			const { use = [], routes, byDefault, maxConnections, drainMs, history, http2 } = setup;
			const service = byDefault
				? undefined
				: createSSEService({ maxConnections, drainMs, history });
			const second = createSSEService();
			const accessLog: number[] = [];
			const errors: unknown[] = [];
			const stream = {
				write: (text: string) => {
					const line = JSON.parse(text);
					if (line.msg === "request completed") accessLog.push(line.res.statusCode);
					// An answer below 500 is logged as "info", and so is what clients do.
					else if (line.level >= 50) {
						if (line.err?.statusCode === undefined) errors.push(line.err?.message ?? line.msg);
					} else if (!/incoming request|^Server listening|sign in first/.test(line.msg)) {
						errors.push(line.msg);
					}
				},
			};
			const options = { logger: { level: "info", stream } };
			const app = http2
				? (fastify({ ...options, http2 }) as unknown as FastifyInstance)
				: fastify(options);
			const isUsed = (name: Middleware): boolean => use.includes(name);
			if (isUsed("compression")) await app.register(compress, { threshold: 0 });
			if (isUsed("cookies") || isUsed("session")) await app.register(cookie);
			if (isUsed("cors")) await app.register(cors, { origin: true, credentials: true });
			if (isUsed("helmet")) await app.register(helmet);
			if (isUsed("session")) {
				const secret = "a secret of thirty-two characters or more";
				await app.register(session, { secret, cookieName: "sid", cookie: { secure: false } });
			}
			await app.register(sse, byDefault ? { onConnect: setup.onConnect } : { service });
			await app.register(sse, { service: second, decorator: "other" });
			for (const [url, route] of Object.entries(routes)) {
				app.route({
					method: ["GET", "POST"],
					url,
					handler: async (request, reply) => {
						const open = url.startsWith("/second")
							? (reply as unknown as { other: typeof reply.sse }).other
							: reply.sse;
						return route({
							body: request.body,
							setHeader: (name, value) => reply.header(name, value),
							setCookie: (name, value) => reply.setCookie(name, value),
							signIn: (user) => request.session.set("user" as never, user as never),
							open: async (params) => (await open.call(reply, params)).connection,
						});
					},
				});
			}
			const url = await app.listen({ port: 0, host: "127.0.0.1" });
			return {
				url,
				service: app.sse,
				second,
				accessLog,
				errors,
				server: app.server,
				close: () => app.close(),
			};
		},
	};
	return harness;
}

describeAdapter("Fastify 5", overFastify(FIVE));
describeAdapter("Fastify 4", overFastify(FOUR));
