/**
 * The service: assembles the parts, and passes each call of the application to the part that it is for.
 */

import type { SSEError } from "../checks/errors.js";
import type { Connection } from "../connection/connection.js";
import { FlushScheduler } from "../connection/flush-scheduler.js";
import { Diagnostics } from "../diagnostics/diagnostics.js";
import type { SharedLog } from "../event-log/event-log.js";
import type { History } from "../history/history.js";
import { viewOf, viewsIn } from "../registry/client-view.js";
import { Commands } from "../registry/commands.js";
import { Presence } from "../registry/presence.js";
import { Registry } from "../registry/registry.js";
import type { Sink } from "../sink/sink.js";
import type { ErrorStage } from "../types/callbacks.js";
import type { ClientPresence, GroupSize, Meta, SSEClientObjInterface } from "../types/client.js";
import type { ConnectParams, ConnectResult } from "../types/connect.js";
import type { CloseReason } from "../types/connection.js";
import type { HttpServer } from "../types/http.js";
import type { AnyEvents, Published, PublishOptions, SendOptions } from "../types/message.js";
import type { SSEHealth, SSEStats } from "../types/stats.js";
import type { Target } from "../types/target.js";
import { Callbacks } from "./callbacks.js";
import type { OpenParams } from "./connect-params.js";
import { Connections } from "./connections.js";
import { Delivery } from "./delivery.js";
import { Dispatch } from "./dispatch.js";
import { EventEncoder } from "./event-encoder.js";
import type { InnerService } from "./inner-service.js";
import { openHistory } from "./open-history.js";
import type { SSEServiceOptions } from "./option-types.js";
import { type ResolvedOptions, resolveOptions } from "./options.js";
import type { ServersHost } from "./servers.js";
import type { CloseOptions, SSEService } from "./service-types.js";
import { INNER, Shutdown } from "./shutdown.js";
import { NO_TRANSPORT, type Opener, type Transport } from "./transport.js";

/** Creates a service, on which others open streams: adapters, or the transport passed to `carry`. @throws `ERR_SSE_INVALID_OPTION` */
export function createService<Events extends object = AnyEvents>(
	options?: SSEServiceOptions<Events>,
): SSEService<Events> {
	// An event map exists only for the compiler.
	return new Service(resolveOptions(options)) as unknown as SSEService<Events>;
}

class Service implements InnerService {
	readonly options: ResolvedOptions;
	readonly #flush = new FlushScheduler();
	readonly #diagnostics = new Diagnostics(this, this.#flush);
	readonly #registry = new Registry();
	readonly #callbacks: Callbacks;
	readonly #history: History | undefined;
	readonly #dispatch: Dispatch;
	readonly #commands: Commands;
	readonly #presence: Presence;
	readonly #connections: Connections;
	readonly #shutdown: Shutdown<Connection>;
	transport: Transport | undefined;

	/** @throws `ERR_SSE_INVALID_OPTION` */
	constructor(options: ResolvedOptions) {
		const registry = this.#registry;
		const diagnostics = this.#diagnostics;
		this.options = options;
		const callbacks = new Callbacks(options, diagnostics);
		this.#callbacks = callbacks;
		const delivery = new Delivery(registry, diagnostics);
		const history = openHistory(options, {
			diagnostics,
			registry,
			delivery,
			callbacks,
			obey: (...obeyed) => this.#commands.obey(...obeyed),
		});
		this.#history = history;
		const encoder = new EventEncoder(options, history);
		this.#dispatch = new Dispatch(options, delivery, encoder, history, diagnostics);
		this.#commands = new Commands(registry, options, {
			onJoined: (...joined) => history?.onJoined(...joined),
			onChange: () => this.#presence.onChange(),
			onAsked: (group) => this.#presence.onAsked(group),
			tell: (command) => history?.tell(command),
		});
		const presence = new Presence(registry, history?.shared, (error) =>
			callbacks.onError(error, "log"),
		);
		this.#presence = presence;
		const shutdown = new Shutdown<Connection>({
			service: this,
			connections: () => registry.everyConnection(),
			onBegin: (ms) => diagnostics.draining(registry.connectionCount, ms),
			isOver: () => this.#connections.areGone,
			onOver: () => this.#end(),
		});
		this.#shutdown = shutdown;
		this.#connections = new Connections({
			options,
			flush: this.#flush,
			diagnostics,
			callbacks,
			registry,
			encoder,
			history,
			presence,
			shutdown,
		});
	}

	connect(params: ConnectParams): ConnectResult {
		return this.#connections.open(params, this.transport ?? NO_TRANSPORT);
	}

	send(target: Target, data: unknown, options?: SendOptions): number {
		return this.#dispatch.send(target, data, options);
	}

	publish(target: Target, data: unknown, options?: PublishOptions): Promise<Published> {
		return this.#dispatch.publish(target, data, options);
	}

	join(target: Target, groups: string | readonly string[]): number {
		return this.#commands.join(target, groups);
	}

	leave(target: Target, groups: string | readonly string[]): number {
		return this.#commands.leave(target, groups);
	}

	disconnect(target: Target, reason: CloseReason = "server"): number {
		return this.#commands.disconnect(target, reason);
	}

	getClient(clientId: string, group?: string): SSEClientObjInterface | undefined {
		return viewOf(this.#registry, clientId, group);
	}

	getClients(group?: string): SSEClientObjInterface[] {
		return viewsIn(this.#registry, group);
	}

	getGroups(): GroupSize[] {
		return this.#registry.sizes();
	}

	clientsIn(group?: string): Promise<ClientPresence[]> {
		return this.#presence.clients(group);
	}

	setMetadata(clientId: string, meta: Meta, group?: string): SSEClientObjInterface | undefined {
		this.#commands.setMetadata(clientId, meta, group);
		return this.getClient(clientId, group);
	}

	health(): SSEHealth {
		const log = this.#history?.shared?.health();
		return { live: true, ready: !this.isClosing && log?.ready !== false, log };
	}

	stats(): SSEStats {
		return {
			...this.#registry.counts,
			history: this.#history?.stats(),
			...this.#diagnostics.snapshot(),
		};
	}

	closeWith<Server extends HttpServer>(server: Server): Server {
		(this.transport ?? NO_TRANSPORT).closeWith(server);
		return server;
	}

	close(options?: CloseOptions): Promise<void> {
		return this.#shutdown.begin(options);
	}

	// For openers of streams.

	openStream<Params extends OpenParams>(params: Params, opener: Opener<Params>): ConnectResult {
		return this.#connections.open(params, opener);
	}

	refuse(params: OpenParams, sink: Sink, error: SSEError): ConnectResult {
		return this.#connections.refuse(params, sink, error);
	}

	onError(error: unknown, stage: ErrorStage): void {
		this.#callbacks.onError(error, stage);
	}

	dismiss(connection: Connection): void {
		this.#connections.dismiss(connection);
	}

	carry(transport: (host: ServersHost<Connection>) => Transport): void {
		this.transport ??= transport({
			service: this,
			connections: () => this.#registry.everyConnection(),
			shutdown: this.#shutdown,
		});
	}

	get [INNER](): true {
		return true;
	}

	get sharedLog(): SharedLog | undefined {
		return this.#history?.shared;
	}

	get isClosing(): boolean {
		return this.#shutdown.hasBegun;
	}

	/** Runs when the last response has closed. */
	async #end(): Promise<void> {
		try {
			await this.#presence.close();
		} finally {
			try {
				await this.#history?.close();
			} catch (error) {
				this.#callbacks.onError(error, "log");
			}
		}
	}
}
