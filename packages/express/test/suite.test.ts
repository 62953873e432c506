/**
 * The claims of every adapter, over Express 5 and 4, and over the core on node:http beside them.
 */
import type { RequestListener, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import {
	type AdapterContext,
	type AdapterHarness,
	type AdapterSetup,
	describeAdapter,
	type Middleware,
	type RunningAdapter,
} from "@sse-service/testing/adapter";
import { startMiddlewareApp } from "@sse-service/testing/middleware-app";
import compression from "compression";
import cors from "cors";
import express5, { type NextFunction, type Request, type Response } from "express";
import session from "express-session";
import helmet from "helmet";
import morgan from "morgan";
import { createSSEService, type SSEConnection } from "sse-service";
import { type AppStreams, createAppStreams } from "sse-service/adapter";
import { sse } from "../src/index.js";

const require = createRequire(import.meta.url);
const commonJs = require("sse-service") as AdapterHarness["commonJs"];
// Its types are those of Express 5, as far as they are used here.
const express4 = require("express-4") as typeof express5;

type Streams = Pick<AppStreams, "service" | "closeWith">;
type Connect = (req: Request, res: Response, next: NextFunction) => unknown;
type Failing = Error & { readonly statusCode?: number; readonly headers?: Record<string, string> };

const MIDDLEWARE: Record<Middleware, () => Connect> = {
	body: () => express5.json(),
	compression: () => compression({ threshold: 0 }),
	// Express has `res.cookie` of its own, and node:http a header.
	cookies: () => (_req, _res, next) => next(),
	cors: () => cors({ origin: true, credentials: true }),
	helmet: () => helmet(),
	session: () =>
		session({ name: "sid", secret: "secret", resave: false, saveUninitialized: false }),
};

function contextOf(
	req: Request,
	res: ServerResponse,
	open: AdapterContext["open"],
): AdapterContext {
	return {
		get body() {
			return req.body;
		},
		setHeader: (name, value) => res.setHeader(name, value),
		setCookie: (name, value) => res.appendHeader("Set-Cookie", `${name}=${value}`),
		signIn: (user) => Object.assign(req.session, { user }),
		open,
	};
}

/** The parts of a running app that Express and node:http share: morgan writes the access log of both. */
function listen(
	listenerOf: (log: Connect) => RequestListener,
	streams: readonly [first: Streams, second: Streams],
	{ http2 }: AdapterSetup,
	errors: readonly unknown[],
): Promise<RunningAdapter> {
	const accessLog: number[] = [];
	const log = morgan(":status", {
		stream: { write: (line) => void accessLog.push(Number.parseInt(line, 10)) },
	});
	const listener = listenerOf(log as Connect);
	return startMiddlewareApp({ listener, streams, http2, accessLog, errors });
}

/** The options of the two adapters of an app. */
function optionsOf({ byDefault, onConnect, ...options }: AdapterSetup) {
	const { maxConnections, drainMs, history } = options;
	return [
		byDefault ? { onConnect } : { service: createSSEService({ maxConnections, drainMs, history }) },
		{ service: createSSEService() },
	] as const;
}

function overExpress(express: typeof express5, awaitsHandlers: boolean): AdapterHarness {
	return {
		commonJs,
		start: (setup) => {
			const errors: unknown[] = [];
			const [options, others] = optionsOf(setup);
			const [first, other] = [sse(options), sse(others)];
			const app = express();
			const listener = (log: Connect): RequestListener => {
				app.use(log);
				for (const name of setup.use ?? []) app.use(MIDDLEWARE[name]());
				app.use(first);
				app.use("/second", other);
				for (const [path, route] of Object.entries(setup.routes)) {
					app.all(path, (req, res, next) => {
						const handled = Promise.resolve(
							route(contextOf(req, res, async (params) => res.sse(params).connection)),
						);
						return awaitsHandlers ? handled : handled.catch(next);
					});
				}
				app.use(first.errorHandler, other.errorHandler);
				app.use((error: Failing, _req: Request, res: Response, next: NextFunction) => {
					if (res.headersSent || error.statusCode === undefined) errors.push(error);
					next(error);
				});
				return app;
			};
			return listen(listener, [first, other], setup, errors);
		},
	};
}

const overNode: AdapterHarness = {
	commonJs,
	start: (setup) => {
		const errors: unknown[] = [];
		const [options, others] = optionsOf(setup);
		const [first, other] = [createAppStreams(options), createAppStreams(others)];
		const listener =
			(log: Connect): RequestListener =>
			async (req, res) => {
				const path = req.url ?? "/";
				const streams = path.startsWith("/second") ? other : first;
				const [request, response] = [req as Request, res as Response];
				let connection: SSEConnection | undefined;
				try {
					for (const each of [log, ...(setup.use ?? []).map((name) => MIDDLEWARE[name]())]) {
						await new Promise((resolve) => each(request, response, resolve));
					}
					const open: AdapterContext["open"] = async (params) => {
						({ connection } = streams.connect({ ...params, req, res }));
						return connection;
					};
					await setup.routes[path]?.(contextOf(request, res, open));
				} catch (caught) {
					const error = caught as Failing;
					if (res.headersSent) {
						errors.push(error);
						connection?.fail(error);
					} else {
						res.writeHead(error.statusCode ?? 500, {
							"Content-Type": "text/plain",
							...error.headers,
						});
						res.end(error.message);
					}
				}
			};
		return listen(listener, [first, other], setup, errors);
	},
};

describeAdapter("node:http", overNode);
describeAdapter("Express 5", overExpress(express5, true));
describeAdapter("Express 4", overExpress(express4, false));
