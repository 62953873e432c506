/**
 * The transport of Node's HTTP: opens streams on the requests and responses of a server.
 */
import type { Connection } from "../connection/connection.js";
import { createNodeSink } from "../sink/node-sink.js";
import type { Sink } from "../sink/sink.js";
import type { ConnectParams } from "../types/connection.js";
import type { HttpServer } from "../types/http.js";
import type { ResolvedOptions } from "./options.js";
import { Servers, type ServersHost } from "./servers.js";
import type { Transport } from "./transport.js";

export class NodeTransport implements Transport {
	readonly #servers: Servers<Connection>;

	constructor(host: ServersHost<Connection>) {
		this.#servers = new Servers(host);
	}

	sinkFor({ req, res }: ConnectParams, options: ResolvedOptions): Sink {
		this.#servers.check(res);
		const { heartbeatIntervalMs, stallTimeoutMs } = options;
		// Without heartbeats nothing else detects that a client has vanished.
		return createNodeSink(req, res, heartbeatIntervalMs === 0 ? stallTimeoutMs : 0);
	}

	isClosing({ res }: ConnectParams): boolean {
		return this.#servers.isClosing(res);
	}

	closeWith(server: HttpServer): void {
		this.#servers.add(server);
	}
}
