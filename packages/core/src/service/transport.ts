/**
 * A transport: gives a service the sinks for streams that `connect` opens. A service without `connect` has none.
 */
import { SSEError } from "../checks/errors.js";
import type { Carrier } from "../sink/carrier.js";
import type { Sink } from "../sink/sink.js";
import type { ConnectParams } from "../types/connect.js";
import type { HttpServer, ResponseLike } from "../types/http.js";

/** What opens streams, each by its parameters. */
export interface Opener<Params> {
	/** Called once the parameters have been checked. */
	sinkFor(params: Params): Sink;
	/** Whether the server that received the request is closing. */
	isClosing(params: Params): boolean;
}

export interface Transport extends Opener<ConnectParams> {
	/** @throws `ERR_SSE_INVALID_REQUEST`; `ERR_SSE_SERVICE_CLOSED` if the server that received the request is closing */
	sinkFor(params: ConnectParams): Sink;
	/** The carrier of a `Response` whose layer writes to `res`. @throws like `sinkFor` */
	carrierFor(res: ResponseLike): Carrier;
	isClosing(params: Pick<ConnectParams, "res">): boolean;
	/** Makes `server.close()` end streams. @throws `ERR_SSE_INVALID_OPTION` for what is no server */
	closeWith(server: HttpServer): void;
}

/** For services of `sse-service/fetch`. */
export const NO_TRANSPORT: Opener<ConnectParams> & Pick<Transport, "closeWith"> = {
	sinkFor: refuse,
	isClosing: () => false,
	closeWith: refuse,
};

function refuse(): never {
	const rule =
		"connect and closeWith need a service created by sse-service; one of sse-service/fetch has respond";
	throw new SSEError("ERR_SSE_INVALID_REQUEST", rule);
}
