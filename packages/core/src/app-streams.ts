/**
 * The streams that one app of a framework opens on a service: they end with that app, the service does not.
 */
import { getDefaultService } from "./default-service.js";
import { invalid, SSEError } from "./errors.js";
import type {
	AnyEvents,
	ConnectParams,
	ConnectResult,
	SSEConnection,
	SSEService,
	SSEServiceOptions,
} from "./types.js";

/** A service of the application's own, or the options of the process-wide default one. */
export interface AppStreamsOptions<Events extends object = AnyEvents>
	extends SSEServiceOptions<Events> {
	/** Where the streams are registered. Stays its owner's: the app that closes ends only its own streams. Default: the default service. */
	readonly service?: SSEService<Events> | undefined;
}

/** The streams that one app of a framework opens on a service, which end with that app. */
export interface AppStreams<Events extends object = AnyEvents> {
	readonly service: SSEService<Events>;

	/** Open a stream that ends with the app. @throws as the service does, and `ERR_SSE_SERVICE_CLOSED` after `close` */
	connect(params: ConnectParams<Events>): ConnectResult<Events>;

	/**
	 * End the app's streams, what was sent first, with reason `shutdown`; others of the service stay open.
	 * Later calls answer the same promise.
	 *
	 * @returns a promise that resolves when every response has closed
	 */
	close(): Promise<void>;
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
	return new Streams(service as SSEService) as unknown as AppStreams<Events>;
}

class Streams implements AppStreams {
	readonly service: SSEService;
	/** Those whose response has not closed yet. */
	readonly #connections = new Set<SSEConnection>();
	#closing: Promise<void> | undefined;
	#onLastClosed: (() => void) | undefined;

	constructor(service: SSEService) {
		this.service = service;
	}

	connect(params: ConnectParams): ConnectResult {
		if (this.#closing !== undefined) {
			throw new SSEError("ERR_SSE_SERVICE_CLOSED", "The app has been closed", 503);
		}
		const result = this.service.connect(params);
		const { connection } = result;
		if (!connection.closed) {
			this.#connections.add(connection);
			connection.response.once("close", () => {
				this.#connections.delete(connection);
				if (this.#connections.size === 0) this.#onLastClosed?.();
			});
		}
		return result;
	}

	close(): Promise<void> {
		this.#closing ??= new Promise((resolve) => {
			this.#onLastClosed = resolve;
			if (this.#connections.size === 0) resolve();
		});
		for (const connection of this.#connections) connection.close("shutdown");
		return this.#closing;
	}
}
