/**
 * A real server on 127.0.0.1 and a free port, which knows its connections and can wait until there are none.
 */
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import http2 from "node:http2";
import https from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { generate } from "selfsigned";
import { eventually } from "./waiting.js";

export type Protocol = "http" | "https" | "http2" | "http2-tls";

export interface TestServer {
	readonly server: Server;
	readonly protocol: Protocol;
	readonly port: number;
	readonly url: string;
	/** Sockets open now. */
	readonly sockets: ReadonlySet<Socket>;
	/** Stop listening and wait until every connection has ended; those that do not end by themselves keep it waiting. */
	close(): Promise<void>;
	/** Stop listening and destroy every connection. */
	destroy(): Promise<void>;
}

export type Handler = (req: IncomingMessage, res: ServerResponse) => unknown;

/** Start `handler` on a server of the protocol. HTTP/2 goes through the compatibility API. */
export async function startServer(
	handler: Handler,
	protocol: Protocol = "http",
): Promise<TestServer> {
	const server = await createServer(handler, protocol);
	const sockets = new Set<Socket>();
	server.on("connection", (socket: Socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	const scheme = protocol === "http" || protocol === "http2" ? "http" : "https";
	const close = async (): Promise<void> => {
		if (!server.listening) return;
		const closed = once(server, "close");
		server.close();
		await closed;
		await eventually(() => sockets.size === 0, "every connection to end");
	};
	return {
		server,
		protocol,
		port,
		url: `${scheme}://127.0.0.1:${port}`,
		sockets,
		close,
		destroy: async () => {
			const closed = close();
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
}

async function createServer(handler: Handler, protocol: Protocol): Promise<Server> {
	// The compatibility API has the members that handlers use; its types only differ in name.
	const http2Handler = handler as unknown as (
		req: http2.Http2ServerRequest,
		res: http2.Http2ServerResponse,
	) => void;
	switch (protocol) {
		case "http":
			return http.createServer(handler);
		case "https":
			return https.createServer(await certificate(), handler);
		case "http2":
			return http2.createServer(http2Handler);
		case "http2-tls":
			return http2.createSecureServer(await certificate(), http2Handler);
	}
}

let made: Promise<{ key: string; cert: string }> | undefined;

/** A self-signed certificate, made once in each process. */
function certificate(): Promise<{ key: string; cert: string }> {
	made ??= generate([{ name: "commonName", value: "127.0.0.1" }]).then((pems) => ({
		key: pems.private,
		cert: pems.cert,
	}));
	return made;
}
