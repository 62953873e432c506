/**
 * The transport of Node's HTTP: opens streams on the requests and responses of a server.
 */
import type { Connection } from "../connection/connection.js";
import type { Carrier } from "../sink/carrier.js";
import { rawOf } from "../sink/node-objects.js";
import { NodeSink } from "../sink/node-sink.js";
import type { Sink } from "../sink/sink.js";
import type { ConnectParams } from "../types/connect.js";
import type { HttpServer, RequestLike, ResponseLike } from "../types/http.js";
import { Servers, type ServersHost } from "./servers.js";
import type { Transport } from "./transport.js";

export class NodeTransport implements Transport {
	readonly #servers: Servers<Connection>;

	constructor(host: ServersHost<Connection>) {
		this.#servers = new Servers(host);
	}

	sinkFor({ req, res }: ConnectParams): Sink & Carrier {
		this.#servers.check(res);
		return new NodeSink(req, res);
	}

	carrierFor(res: ResponseLike): Carrier {
		const { req } = (rawOf(res) ?? {}) as { readonly req?: RequestLike };
		// Without a request there is nothing that a sink accepts.
		return this.sinkFor({ req: req as RequestLike, res });
	}

	isClosing({ res }: Pick<ConnectParams, "res">): boolean {
		return this.#servers.isClosing(res);
	}

	closeWith(server: HttpServer): void {
		this.#servers.add(server);
	}
}
