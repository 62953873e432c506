/**
 * The streams that one app of a framework opens on a service: they end with the app; the service stays open.
 */

import { invalid, isObject, SSEError } from "../checks/errors.js";
import { checkKeys } from "../checks/option-rules.js";
import type { Connection } from "../connection/connection.js";
import type { ConnectionOwner } from "../connection/connection-host.js";
import type { ConnectParams, ConnectResult } from "../types/connect.js";
import type { HttpServer, ResponseLike } from "../types/http.js";
import type { AnyEvents } from "../types/message.js";
import type { InnerService } from "./inner-service.js";
import { leaseDefaultService } from "./node-service.js";
import type { SSEServiceOptions } from "./option-types.js";
import { OPTION_NAMES } from "./options.js";
import { outgoingOf, type RespondParams, type RespondResult, respond } from "./respond.js";
import { Servers } from "./servers.js";
import type { CloseOptions, SSEService } from "./service-types.js";
import { INNER, Shutdown } from "./shutdown.js";

/** Your own service, or options for the default service. */
export interface AppStreamsOptions<Events extends object = AnyEvents>
	extends SSEServiceOptions<Events> {
	/** The service that registers the streams. It stays yours: an app that closes ends only its own streams. Default: the default service. */
	readonly service?: SSEService<Events> | undefined;
}

/** The parameters of `respond`, on the service of an app. */
export type AppRespondParams<Events extends object = AnyEvents> = Omit<
	RespondParams<Events>,
	"service"
>;

/** The streams that one app of a framework opens on a service. They end with the app; the service stays open. */
export interface AppStreams<Events extends object = AnyEvents> {
	readonly service: SSEService<Events>;
	/** Whether `close()` takes time, because the service has `drainMs`. */
	readonly drains: boolean;

	/** Opens a stream that ends with the app. @throws like `connect` of the service; `ERR_SSE_SERVICE_CLOSED` after `close` */
	connect(params: ConnectParams<Events>): ConnectResult<Events>;

	/** Opens a stream on a `Response` that ends with the app. @throws like `connect` */
	respond(request: Request, params?: AppRespondParams<Events>): RespondResult<Events>;

	/**
	 * Makes `server.close()` end what it would otherwise wait for: the app's streams on it, and sockets without a request that were
	 * opened after this call. When the last open one of the servers that this was called with closes, all streams of the app end,
	 * and new ones are refused, as by `close`; one that does not listen yet is not open.
	 *
	 * @returns the server
	 * @throws `ERR_SSE_INVALID_OPTION` for anything else, such as the app itself
	 */
	closeWith<Server extends HttpServer>(server: Server): Server;

	/**
	 * Flushes and ends the app's streams, with reason `shutdown`; other streams of the service stay open. `drainMs` defaults to
	 * that of the service.
	 *
	 * @returns a promise that resolves when every response has closed
	 */
	close(options?: CloseOptions): Promise<void>;
}

/**
 * Creates the streams of one app: what a framework adapter is built on.
 *
 * @throws `ERR_SSE_INVALID_OPTION`; `ERR_SSE_ALREADY_CONFIGURED` if the default service is in use with other options
 */
export function createAppStreams<Events extends object = AnyEvents>({
	service: given,
	...options
}: AppStreamsOptions<Events> = {}): AppStreams<Events> {
	checkOptions(options);
	const hasOptions = Object.values(options).some((value) => value !== undefined);
	if (given === undefined) {
		const lease = leaseDefaultService(hasOptions ? (options as SSEServiceOptions) : undefined);
		return streamsOn(lease.service, lease.release);
	}
	if (hasOptions || !isInner(given)) {
		const rule = "service must be what createSSEService returned, which has its options already";
		const value = hasOptions ? Object.keys(options).join() : given;
		throw invalid("ERR_SSE_INVALID_OPTION", rule, value);
	}
	return streamsOn(given);
}

/** What Node's request, a context of Koa and one of Hono have of their own. */
const OF_REQUESTS = ["_events", "req", "env"];

/** @throws `ERR_SSE_INVALID_OPTION` for what are no options */
function checkOptions(options: object): void {
	if (OF_REQUESTS.some((each) => each in options)) {
		const rule = "The middleware is what the function returns: call it, as in app.use(sse())";
		throw new SSEError("ERR_SSE_INVALID_OPTION", rule);
	}
	// All that the adapters leave of a service.
	if ("options" in options) {
		const rule = "Pass a service as an option: { service: createSSEService(options) }";
		throw new SSEError("ERR_SSE_INVALID_OPTION", rule);
	}
	checkKeys(options, { ...OPTION_NAMES, service: true }, "Unknown option");
}

function isInner(service: unknown): service is InnerService {
	return isObject(service) && INNER in service;
}

// An event map exists only for the compiler.
function streamsOn<Events extends object>(
	service: object,
	onClosed?: () => void,
): AppStreams<Events> {
	return new Streams(service as InnerService, onClosed) as unknown as AppStreams<Events>;
}

class Streams implements AppStreams, ConnectionOwner<Connection> {
	readonly service: SSEService;
	readonly drains: boolean;
	/** Connections whose response has not closed yet. */
	readonly #connections = new Set<Connection>();
	readonly #shutdown: Shutdown<Connection>;
	readonly #servers: Servers<Connection>;

	constructor(service: InnerService, onClosed?: () => void) {
		this.service = service;
		this.drains = service.options.drainMs > 0;
		const connections = (): Iterable<Connection> => this.#connections;
		this.#shutdown = new Shutdown({
			service,
			connections,
			isOver: () => this.#connections.size === 0,
			onOver: () => onClosed?.(),
		});
		this.#servers = new Servers({ service, connections, shutdown: this.#shutdown });
	}

	connect(params: ConnectParams): ConnectResult {
		this.#check(params.res);
		const result = this.service.connect(params);
		this.#own(result.connection as Connection, params.res);
		return result;
	}

	respond(request: Request, params: AppRespondParams = {}): RespondResult {
		const res = outgoingOf(request, params.outgoing);
		this.#check(res);
		const { service } = params as RespondParams;
		if (service !== undefined && service !== this.service) {
			const rule = "respond of an app takes no other service: its streams are on that of the app";
			throw new SSEError("ERR_SSE_INVALID_OPTION", rule);
		}
		const result = respond(request, { ...params, service: this.service });
		// The public types of a handle leave out what is internal.
		this.#own(result.connection as unknown as Connection, res);
		return result;
	}

	#check(res: ResponseLike | undefined): void {
		this.#shutdown.check("The app");
		if (res !== undefined) this.#servers.check(res);
	}

	#own(connection: Connection, res: ResponseLike | undefined): void {
		if (connection.closed) return;
		this.#connections.add(connection);
		connection.owner = this;
		// A callback or middleware may have closed the app meanwhile.
		const isClosing = res !== undefined && this.#servers.isClosing(res);
		if (this.#shutdown.hasBegun || isClosing) connection.close("shutdown");
	}

	closeWith<Server extends HttpServer>(server: Server): Server {
		this.#servers.add(server);
		return server;
	}

	close(options?: CloseOptions): Promise<void> {
		return this.#shutdown.begin(options);
	}

	onGone(connection: Connection): void {
		this.#connections.delete(connection);
		if (this.#connections.size === 0) this.#shutdown.onOver();
	}
}
