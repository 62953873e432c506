/**
 * Servers of other people whose handlers return a `Response`, each with Node's response as it shows it.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { getRequestListener as getRequestListener1 } from "@hono/node-server-1";
import { H3, toNodeHandler } from "h3";
import { Hono, type MiddlewareHandler } from "hono";
import { serve as serveSrvx } from "srvx";
import type { RespondParams } from "../src/fetch.js";

/** @param outgoing what the handler passes on to `respond` */
type FetchHandler = (
	request: Request,
	outgoing: RespondParams["outgoing"],
) => Response | Promise<Response>;

export interface RunningServer {
	readonly server: Server;
	readonly port: number;
}

export interface FetchServer {
	readonly name: string;
	readonly http2?: true;
	/** @param middleware of Hono, around the handler */
	start(handler: FetchHandler, ...middleware: readonly MiddlewareHandler[]): Promise<RunningServer>;
}

type Bindings = { Bindings: HttpBindings };

function honoOf(handler: FetchHandler, middleware: readonly MiddlewareHandler[]): Hono<Bindings> {
	const app = new Hono<Bindings>();
	for (const each of middleware) app.use(each);
	app.all("*", (c) => handler(c.req.raw, c.env.outgoing as HttpBindings["outgoing"] as never));
	return app;
}

async function listen(server: Server): Promise<RunningServer> {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return { server, port: (server.address() as AddressInfo).port };
}

export const NODE_SERVER: FetchServer = {
	name: "Hono on @hono/node-server 2",
	start: (handler, ...middleware) =>
		listen(createServer(getRequestListener(honoOf(handler, middleware).fetch as never))),
};

export const SERVERS: readonly FetchServer[] = [
	NODE_SERVER,
	{
		name: "Hono on @hono/node-server 1",
		start: (handler, ...middleware) =>
			listen(createServer(getRequestListener1(honoOf(handler, middleware).fetch as never))),
	},
	{
		name: "Hono on @hono/node-server 2, with the globals of Node",
		start: (handler, ...middleware) => {
			const { fetch } = honoOf(handler, middleware);
			return listen(
				createServer(getRequestListener(fetch as never, { overrideGlobalObjects: false })),
			);
		},
	},
	{
		name: "Hono on @hono/node-server 2, over HTTP/2",
		http2: true,
		start: (handler, ...middleware) => {
			const listener = getRequestListener(honoOf(handler, middleware).fetch as never);
			// It has the members of an HTTP/1.1 server that are used here.
			return listen(createHttp2Server(listener as never) as unknown as Server);
		},
	},
	{
		name: "srvx",
		start: async (handler) => {
			const running = serveSrvx({
				fetch: (request) => handler(request, undefined),
				port: 0,
				hostname: "127.0.0.1",
				silent: true,
				gracefulShutdown: false,
			});
			await running.ready();
			const server = running.node?.server as Server;
			return { server, port: (server.address() as AddressInfo).port };
		},
	},
	{
		name: "h3",
		start: (handler) => {
			const app = new H3();
			app.all("/**", (event) => handler(event.req, undefined));
			return listen(createServer(toNodeHandler(app) as never));
		},
	},
];
