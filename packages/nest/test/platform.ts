/**
 * A Nest app on either platform, with the middleware of that platform, and a record of what was logged.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import compress from "@fastify/compress";
import cookie from "@fastify/cookie";
import fastifyHelmet from "@fastify/helmet";
import fastifySession from "@fastify/session";
import type { INestApplication, LoggerService, Type } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import type { AdapterSetup, Middleware } from "@sse-service/testing/adapter";
import compression from "compression";
import expressSession from "express-session";
import expressHelmet from "helmet";
import morgan from "morgan";

export const PLATFORMS = ["platform-express", "platform-fastify"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** The major version of Nest that these tests run on. */
export const NEST = process.env.NEST ?? "";

export interface RunningApp {
	readonly app: INestApplication;
	readonly url: string;
	/** What was logged as a warning or an error, by Nest and by the platform. */
	readonly errors: unknown[];
	/** The status of each line of the platform's access log. */
	readonly accessLog: number[];
}

/** Start an app of the module `root`. @param configure does what an app's `main` does before it listens */
export async function startApp(
	root: Type,
	platform: Platform,
	use: readonly Middleware[] = [],
	configure: (app: INestApplication) => unknown = () => {},
	{ http2 }: Pick<AdapterSetup, "http2"> = {},
): Promise<RunningApp> {
	const errors: unknown[] = [];
	const accessLog: number[] = [];
	const logger = loggerInto(errors);
	const options = { logger, abortOnError: false };
	const app: INestApplication =
		platform === "platform-express"
			? await overExpress(root, options, use, accessLog)
			: await overFastify(root, options, use, accessLog, errors, http2);
	if (use.includes("cors")) app.enableCors({ origin: true, credentials: true });
	await configure(app);
	await app.listen(0, "127.0.0.1");
	const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
	return { app, url: `http://127.0.0.1:${port}`, errors, accessLog };
}

interface Options {
	readonly logger: LoggerService;
	readonly abortOnError: boolean;
}

function loggerInto(errors: unknown[]): LoggerService {
	const keep = (message: unknown): void => {
		// What Nest 10 says of itself on a machine that has much to do.
		if (!/is taking .+ms to serialize/.test(String(message))) errors.push(message);
	};
	return {
		log: () => {},
		debug: () => {},
		verbose: () => {},
		warn: keep,
		error: keep,
		fatal: keep,
	};
}

async function overExpress(
	root: Type,
	options: Options,
	use: readonly Middleware[],
	accessLog: number[],
): Promise<INestApplication> {
	const app = await NestFactory.create<NestExpressApplication>(root, new ExpressAdapter(), options);
	const stream = { write: (line: string) => void accessLog.push(Number.parseInt(line, 10)) };
	app.use(morgan(":status", { stream }));
	if (use.includes("compression")) app.use(compression({ threshold: 0 }));
	if (use.includes("helmet")) app.use(expressHelmet());
	if (use.includes("session")) {
		app.use(
			expressSession({ name: "sid", secret: "secret", resave: false, saveUninitialized: false }),
		);
	}
	return app;
}

async function overFastify(
	root: Type,
	options: Options,
	use: readonly Middleware[],
	accessLog: number[],
	errors: unknown[],
	http2 = false,
): Promise<INestApplication> {
	const stream = {
		write: (text: string) => {
			const line = JSON.parse(text);
			if (line.msg === "request completed") accessLog.push(line.res.statusCode);
			else if (line.level > 30) errors.push(line.err?.message ?? line.msg);
			else if (!/incoming request|^Server listening/.test(line.msg)) errors.push(line.msg);
		},
	};
	const serverOptions = { logger: { level: "info", stream } };
	const adapter = new FastifyAdapter(http2 ? { ...serverOptions, http2 } : serverOptions);
	const app = await NestFactory.create<NestFastifyApplication>(root, adapter, options);
	// The plugins are typed for the Fastify of the newest Nest.
	const register = app.register.bind(app) as (
		plugin: unknown,
		options?: object,
	) => Promise<unknown>;
	if (use.includes("compression")) await register(compress, { threshold: 0 });
	if (use.includes("cookies") || use.includes("session")) await register(cookie);
	if (use.includes("helmet")) await register(fastifyHelmet);
	if (use.includes("session")) {
		const secret = "a secret of thirty-two characters or more";
		await register(fastifySession, { secret, cookieName: "sid", cookie: { secure: false } });
	}
	return app;
}
