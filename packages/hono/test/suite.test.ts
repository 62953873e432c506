/**
 * The claims of every adapter, over Hono on each version of its server for Node.
 */
import type { RequestListener } from "node:http";
import { createRequire } from "node:module";
import { getRequestListener } from "@hono/node-server";
import { getRequestListener as getRequestListener1 } from "@hono/node-server-1";
import { useSession, useSessionStorage } from "@hono/session";
import {
	type AdapterContext,
	type AdapterHarness,
	describeAdapter,
	type Middleware,
} from "@sse-service/testing/adapter";
import { startMiddlewareApp } from "@sse-service/testing/middleware-app";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { compress } from "hono/compress";
import { getCookie, setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { logger } from "hono/logger";
import { secureHeaders } from "hono/secure-headers";
import { createSSEService } from "sse-service";
import { sse } from "../src/index.js";

const commonJs = createRequire(import.meta.url)("sse-service") as AdapterHarness["commonJs"];

const next: MiddlewareHandler = (_c, go) => go();

const MIDDLEWARE: Record<Middleware, () => readonly MiddlewareHandler[]> = {
	body: () => [
		async (c, go) => {
			c.set("body", await c.req.json());
			await go();
		},
	],
	compression: () => [compress({ threshold: 0 })],
	// `setCookie` needs none.
	cookies: () => [next],
	cors: () => [cors({ origin: (origin) => origin, credentials: true })],
	helmet: () => [secureHeaders()],
	session: () => {
		const sessions = new Map();
		return [
			useSessionStorage({
				get: (id) => sessions.get(id) ?? null,
				set: (id, data) => void sessions.set(id, data),
				delete: (id) => void sessions.delete(id),
			}),
			useSession({
				secret: "0".repeat(64),
				getCookie: (c) => getCookie(c, "sid"),
				setCookie: (c, _name, value, options) => setCookie(c, "sid", value, options),
			}),
		];
	},
};

/** What a handler of the suite does, and the response that it then returns. */
function contextOf(c: Context): { context: AdapterContext; response(): Response | undefined } {
	let response: Response | undefined;
	let signedIn: Promise<void> | undefined;
	return {
		response: () => response,
		context: {
			get body() {
				return c.get("body");
			},
			setHeader: (name, value) => c.header(name, value),
			setCookie: (name, value) => setCookie(c, name, value),
			signIn: (user) => {
				signedIn = c.get("session").update({ user });
			},
			open: async (params) => {
				await signedIn;
				const opened = c.var.sse(params);
				response = opened.response;
				return opened.connection;
			},
		},
	};
}

type Listen = (fetch: Hono["fetch"]) => RequestListener;

function overHono(listenerOf: Listen): AdapterHarness {
	return {
		commonJs,
		sendsOnReturn: true,
		start: async ({ byDefault, onConnect, routes, use = [], http2, ...options }) => {
			const errors: unknown[] = [];
			const accessLog: number[] = [];
			const first = sse(byDefault ? { onConnect } : { service: createSSEService(options) });
			const second = sse({ service: createSSEService() });
			const app = new Hono();
			app.use(
				logger((line) => {
					const [arrow, , , status = ""] = line.split(" ");
					if (arrow === "-->") accessLog.push(Number(/[1-5]\d\d/.exec(status)?.[0]));
				}),
			);
			for (const name of use) app.use(...MIDDLEWARE[name]());
			app.use(first);
			app.use("/second/*", second);
			for (const [path, route] of Object.entries(routes)) {
				app.all(path, async (c) => {
					const { context, response } = contextOf(c);
					await route(context);
					return response() ?? c.body(null);
				});
			}
			app.onError((error, c) => {
				if (error instanceof HTTPException) {
					const res = error.getResponse();
					return c.newResponse(res.body, res);
				}
				const { statusCode } = error as { readonly statusCode?: 401 };
				if (statusCode === undefined) errors.push(error);
				return c.text(error.message, statusCode ?? 500);
			});
			const listener = listenerOf(app.fetch);
			return startMiddlewareApp({ listener, streams: [first, second], http2, accessLog, errors });
		},
	};
}

// Its types allow a Request of its own.
const listener2 = (fetch: unknown): RequestListener => getRequestListener(fetch as never);
const listener1 = (fetch: unknown): RequestListener => getRequestListener1(fetch as never);

describeAdapter("Hono 4 on @hono/node-server 2", overHono(listener2));
describeAdapter("Hono 4 on @hono/node-server 1", overHono(listener1));
