/**
 * Services for servers of Node.
 */
import { NodeSink } from "../sink/node-sink.js";
import { answerRefusal } from "../sink/refusal.js";
import type { ConnectParams, ConnectResult } from "../types/connect.js";
import type { AnyEvents } from "../types/message.js";
import type { InnerService } from "./inner-service.js";
import { NodeTransport } from "./node-transport.js";
import type { SSEServiceOptions } from "./option-types.js";
import * as ofProcess from "./process-default.js";
import { orReported } from "./reported.js";
import { createService } from "./service.js";
import type { SSEService } from "./service-types.js";

/**
 * Creates a service: a registry of its own, separate from the default one behind `connectSSE`.
 *
 * @throws `ERR_SSE_INVALID_OPTION`
 * @example
 * ```ts
 * const sse = createSSEService<{ tick: { price: number } }>({ retryMs: 2_000 });
 * sse.send("all", { price: 1 }, { event: "tick" });
 * ```
 */
export function createSSEService<Events extends object = AnyEvents>(
	options?: SSEServiceOptions<Events>,
): SSEService<Events> {
	return onNode(createService(options));
}

/**
 * The service behind `connectSSE` and the other documented functions. Options configure it: call it with them before the
 * first use.
 *
 * @throws `ERR_SSE_ALREADY_CONFIGURED` when it is in use or configured with other options; `ERR_SSE_INVALID_OPTION`
 */
export function getDefaultService(options?: SSEServiceOptions): SSEService {
	return onNode(ofProcess.getDefaultService(options));
}

/** Uses the default service for an app. @throws like {@link getDefaultService} */
export function leaseDefaultService(
	options: SSEServiceOptions | undefined,
): ofProcess.DefaultServiceLease {
	const lease = ofProcess.leaseDefaultService(options);
	onNode(lease.service);
	return lease;
}

/**
 * Opens an event stream on a response and registers its client, by default in the default group.
 *
 * What a request can cause (an error with a `statusCode`, such as a limit or a bad client id) is answered here, with that status
 * and the code as the body. `onError` receives the error, with stage `connect`. The result is a connection that has closed, with
 * reason `refused`.
 *
 * @throws like `connect` of a service, but only errors without a `statusCode`, or if the response has already started
 */
export function connectSSE(params: ConnectParams): ConnectResult {
	const service = getDefaultService() as InnerService;
	const connect = (): ConnectResult => service.connect(params);
	return orReported(service, "connect", connect, (error) => {
		const sink = new NodeSink(params.req, params.res);
		const { state } = sink;
		if (state === "started") throw error;
		if (state !== "gone") answerRefusal(error, params);
		return service.refuse(params, sink, error);
	});
}

/** Gives a service the transport of Node and returns it. Another copy of this package may have created it. */
function onNode<Service extends object>(service: Service): Service {
	(service as unknown as InnerService).carry((host) => new NodeTransport(host));
	return service;
}
