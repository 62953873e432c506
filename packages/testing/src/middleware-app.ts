/**
 * The app of an adapter that is middleware, for the suite of adapters: its server, which the middlewares close.
 */
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import type { AdapterService, AdapterSetup, RunningAdapter } from "./adapter/adapter-types.js";

interface AppStreams {
	readonly service: AdapterService;
	closeWith(server: Server): unknown;
}

interface MiddlewareApp extends Pick<RunningAdapter, "accessLog" | "errors"> {
	/** What the framework gives to the server. */
	readonly listener: RequestListener;
	/** The middleware of the app, and the one below `/second`. */
	readonly streams: readonly [first: AppStreams, second: AppStreams];
	readonly http2: AdapterSetup["http2"];
}

/** Starts the app on a free port. Its server ends the streams of both middlewares. */
export async function startMiddlewareApp(app: MiddlewareApp): Promise<RunningAdapter> {
	const { listener, streams, http2, accessLog, errors } = app;
	const [first, second] = streams;
	// The compatibility API of HTTP/2 has the members that are used here.
	const server = http2
		? (createHttp2Server(listener as never) as unknown as Server)
		: createServer(listener);
	for (const each of streams) each.closeWith(server);
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const closed = once(server, "close");
	return {
		service: first.service,
		second: second.service,
		errors,
		server,
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		accessLog,
		close: async () => {
			if (server.listening) server.close();
			await closed;
		},
	};
}
