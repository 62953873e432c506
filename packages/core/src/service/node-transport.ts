/**
 * The transport of Node's HTTP: opens streams on the requests and responses of a server.
 */
import { checkKeys } from "../checks/option-rules.js";
import type { Connection } from "../connection/connection.js";
import type { Carrier } from "../sink/carrier.js";
import { rawOf } from "../sink/node-objects.js";
import { NodeSink } from "../sink/node-sink.js";
import type { Sink } from "../sink/sink.js";
import type { ConnectParams } from "../types/connect.js";
import type { HttpServer, RequestLike, ResponseLike } from "../types/http.js";
import { CONNECT_NAMES } from "./connect-params.js";
import { Servers, type ServersHost } from "./servers.js";
import type { Transport } from "./transport.js";

export class NodeTransport implements Transport {
	readonly #servers: Servers<Connection>;

	constructor(host: ServersHost<Connection>) {
		this.#servers = new Servers(host);
	}

	sinkFor(params: ConnectParams): Sink & Carrier {
		const { req, res } = params;
		this.#servers.check(res);
		const sink = new NodeSink(req, res);
		// Now that the request and the response are known to be such: those of `connect(req, res)` have names of their own.
		checkKeys(params, CONNECT_NAMES, "connect has no parameter");
		return sink;
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
