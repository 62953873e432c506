/**
 * A transport: gives a service the sinks for streams that `connect` opens. A service without `connect` has none.
 */
import type { Carrier } from "../sink/carrier.js";
import type { Sink } from "../sink/sink.js";
import type { ConnectParams } from "../types/connect.js";
import type { HttpServer, ResponseLike } from "../types/http.js";

export interface Transport {
	/** @throws `ERR_SSE_INVALID_REQUEST`; `ERR_SSE_SERVICE_CLOSED` if the server that received the request is closing */
	sinkFor(params: ConnectParams): Sink;
	/** The carrier of a `Response` whose layer writes to `res`. @throws like `sinkFor` */
	carrierFor(res: ResponseLike): Carrier;
	/** Whether the server that received the request is closing. */
	isClosing(params: Pick<ConnectParams, "res">): boolean;
	/** Makes `server.close()` end streams. */
	closeWith(server: HttpServer): void;
}
