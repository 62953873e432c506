/**
 * Streams over Node's HTTP server and client, with a network between them or only a pipe in memory: that one is faster,
 * holds less, so that a reader who stops blocks the server soon, and does the same each time.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { type Duplex, duplexPair } from "node:stream";

export type Transport = "memory" | "network";

export interface Wire {
	request(path: string, headers: Record<string, string>): http.ClientRequest;
	close(): Promise<void>;
}

export async function startWire(
	handler: http.RequestListener,
	transport: Transport,
): Promise<Wire> {
	const server = http.createServer(handler);
	if (transport === "memory") {
		return {
			request: (path, headers) =>
				http.request({
					path,
					headers,
					createConnection: () => {
						const [near, far] = pipe();
						server.emit("connection", far);
						return near;
					},
				}),
			close: async () => {},
		};
	}
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		request: (path, headers) =>
			http.request({ host: "127.0.0.1", port, path, headers, agent: false }),
		close: async () => {
			const closed = new Promise((resolve) => server.close(resolve));
			server.closeAllConnections();
			await closed;
		},
	};
}

/** Two ends, of which each closes with the other. */
function pipe(): [near: Duplex, far: Duplex] {
	const [near, far] = duplexPair({ highWaterMark: 1024 });
	near.on("close", () => far.destroy());
	// What an end that closes in an orderly way has written is still to be read.
	far.on("close", () => {
		if (!far.writableFinished) near.destroy();
	});
	far.on("error", () => {});
	return [near, far];
}
