/**
 * The claims of every adapter, over Koa 3 and 2.
 */
import { createRequire } from "node:module";
import { bodyParser } from "@koa/bodyparser";
import cors from "@koa/cors";
import {
	type AdapterContext,
	type AdapterHarness,
	describeAdapter,
	type Middleware,
} from "@sse-service/testing/adapter";
import { startMiddlewareApp } from "@sse-service/testing/middleware-app";
import Koa3, { type Context, type Middleware as KoaMiddleware } from "koa";
import compress from "koa-compress";
import helmet from "koa-helmet";
import session from "koa-session";
import morgan from "morgan";
import { createSSEService } from "sse-service";
import { sse } from "../src/index.js";

const require = createRequire(import.meta.url);
const commonJs = require("sse-service") as AdapterHarness["commonJs"];
// Its types are those of Koa 3, as far as they are used here.
const Koa2 = require("koa-2") as typeof Koa3;

type Failing = Error & { readonly statusCode?: number; readonly headers?: Record<string, string> };

const MIDDLEWARE: Record<Middleware, (app: Koa3) => KoaMiddleware> = {
	body: () => bodyParser(),
	compression: () => compress({ threshold: 0 }),
	// `ctx.cookies` is Koa's own.
	cookies: () => (_ctx, next) => next(),
	cors: () => cors({ credentials: true, keepHeadersOnError: true }),
	helmet: () => helmet(),
	session: (app) => session({ key: "sid", signed: false, autoCommit: true }, app),
};

function contextOf(ctx: Context): AdapterContext {
	return {
		get body() {
			return ctx.request.body;
		},
		setHeader: (name, value) => ctx.set(name, value),
		setCookie: (name, value) => void ctx.cookies.set(name, value),
		signIn: (user) => {
			Object.assign(ctx.session ?? {}, { user });
		},
		open: async (params) => {
			// It would set its cookie when the handler has returned, which is too late.
			await ctx.session?.manuallyCommit();
			return ctx.sse(params).connection;
		},
	};
}

/** As applications answer errors. Koa itself would remove every header that was set before. */
const answerErrors: KoaMiddleware = async (ctx, next) => {
	try {
		await next();
	} catch (error) {
		const { statusCode, message, headers = {} } = error as Failing;
		if (statusCode === undefined) throw error;
		ctx.status = statusCode;
		ctx.set({ ...headers });
		ctx.body = message;
	}
};

function overKoa(Koa: typeof Koa3): AdapterHarness {
	return {
		commonJs,
		start: async ({ byDefault, onConnect, routes, use = [], http2, ...options }) => {
			const errors: unknown[] = [];
			const accessLog: number[] = [];
			const first = sse(byDefault ? { onConnect } : { service: createSSEService(options) });
			const second = sse({ service: createSSEService() });
			const app = new Koa();
			const log = morgan(":status", {
				stream: { write: (line) => void accessLog.push(Number.parseInt(line, 10)) },
			});
			app.use((ctx, next) => {
				log(ctx.req as never, ctx.res as never, () => {});
				return next();
			});
			app.on("error", (error) => errors.push(error));
			app.use(answerErrors);
			for (const name of use) app.use(MIDDLEWARE[name](app));
			app.use(first);
			app.use((ctx, next) =>
				ctx.path.startsWith("/second") ? second(ctx as never, next) : next(),
			);
			app.use(async (ctx) => {
				await routes[ctx.path]?.(contextOf(ctx));
			});
			const listener = app.callback();
			return startMiddlewareApp({ listener, streams: [first, second], http2, accessLog, errors });
		},
	};
}

describeAdapter("Koa 3", overKoa(Koa3));
describeAdapter("Koa 2", overKoa(Koa2));
