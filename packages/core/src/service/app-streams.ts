/**
 * The streams that one app of a framework opens on a service: they end with that app, the service does not.
 */

import { invalid } from "../checks/errors.js";
import type { Connection, ConnectionOwner } from "../connection/connection.js";
import type { ConnectParams, ConnectResult } from "../types/connection.js";
import type { AnyEvents } from "../types/message.js";
import { getDefaultService } from "./default-service.js";
import type { SSEServiceOptions } from "./option-types.js";
import type { CloseOptions, SSEService } from "./service-types.js";
import { type Dismissing, Shutdown } from "./shutdown.js";

/** A service of the application's own, or the options of the process-wide default one. */
export interface AppStreamsOptions<Events extends object = AnyEvents>
	extends SSEServiceOptions<Events> {
	/** Where the streams are registered. Stays its owner's: the app that closes ends only its own streams. Default: the default service. */
	readonly service?: SSEService<Events> | undefined;
}

/** The streams that one app of a framework opens on a service, which end with that app. */
export interface AppStreams<Events extends object = AnyEvents> {
	readonly service: SSEService<Events>;
	/** Whether `close()` takes its time: the service has `drainMs`. */
	readonly drains: boolean;

	/** Open a stream that ends with the app. @throws as the service does, and `ERR_SSE_SERVICE_CLOSED` after `close` */
	connect(params: ConnectParams<Events>): ConnectResult<Events>;

	/**
	 * End the app's streams, what was sent first, with reason `shutdown`; others of the service stay open.
	 * As `close` of the service, whose `drainMs` is the default.
	 *
	 * @returns a promise that resolves when every response has closed
	 */
	close(options?: CloseOptions): Promise<void>;
}

/** @throws `ERR_SSE_INVALID_OPTION`, and `ERR_SSE_ALREADY_CONFIGURED` when the default service is in use with other options */
export function createAppStreams<Events extends object = AnyEvents>({
	service: given,
	...options
}: AppStreamsOptions<Events> = {}): AppStreams<Events> {
	const told = Object.values(options).some((value) => value !== undefined);
	if (given !== undefined && (told || typeof given.connect !== "function")) {
		const rule = "service must be what createSSEService returned, which has its options already";
		throw invalid("ERR_SSE_INVALID_OPTION", rule, told ? Object.keys(options).join() : given);
	}
	// An event map exists for the compiler alone.
	const service =
		given ??
		(getDefaultService(told ? (options as SSEServiceOptions) : undefined) as SSEService<object>);
	return new Streams(service as InnerService) as unknown as AppStreams<Events>;
}

/** A service as it is, besides its public members. */
type InnerService = SSEService & Dismissing<Connection>;

class Streams implements AppStreams, ConnectionOwner {
	readonly service: SSEService;
	readonly drains: boolean;
	/** Those whose response has not closed yet. */
	readonly #connections = new Set<Connection>();
	readonly #shutdown: Shutdown<Connection>;

	constructor(service: InnerService) {
		this.service = service;
		this.drains = service.options.drainMs > 0;
		this.#shutdown = new Shutdown({
			service,
			connections: () => this.#connections,
			isOver: () => this.#connections.size === 0,
		});
	}

	connect(params: ConnectParams): ConnectResult {
		this.#shutdown.check("The app");
		const result = this.service.connect(params);
		const connection = result.connection as Connection;
		if (!connection.closed) {
			this.#connections.add(connection);
			connection.owner = this;
			// The application may have closed the app meanwhile, in a callback or in middleware.
			if (this.#shutdown.hasBegun) connection.close("shutdown");
		}
		return result;
	}

	close(options?: CloseOptions): Promise<void> {
		return this.#shutdown.begin(options);
	}

	onGone(connection: Connection): void {
		this.#connections.delete(connection);
		if (this.#connections.size === 0) this.#shutdown.onOver();
	}
}
