/**
 * The service: one registry with its options. It assembles the parts and does no I/O itself.
 */

import { invalid, SSEError } from "../checks/errors.js";
import { Connection, type ConnectionHost } from "../connection/connection.js";
import { FlushScheduler } from "../connection/flush-scheduler.js";
import { PollConnection, type PollHost } from "../connection/poll-connection.js";
import { Diagnostics } from "../diagnostics/diagnostics.js";
import type { Command } from "../event-log/command.js";
import type { History } from "../history/history.js";
import { Heartbeat } from "../pacing/heartbeat.js";
import { Lifetimes } from "../pacing/lifetimes.js";
import { Admission } from "../registry/admission.js";
import { newClient, newMembership } from "../registry/client.js";
import { ClientView, viewOf, viewsIn } from "../registry/client-view.js";
import { Commands } from "../registry/commands.js";
import { Presence } from "../registry/presence.js";
import { Registry } from "../registry/registry.js";
import type { Sink } from "../sink/sink.js";
import { ownHeaders } from "../sink/stream-headers.js";
import type { ErrorStage } from "../types/callbacks.js";
import type { ClientPresence, GroupSize, Meta, SSEClientObjInterface } from "../types/client.js";
import type { CloseReason, ConnectParams, ConnectResult } from "../types/connection.js";
import type { HttpServer } from "../types/http.js";
import type { AnyEvents, Published, PublishOptions, SendOptions } from "../types/message.js";
import type { SSEHealth, SSEStats } from "../types/stats.js";
import type { Target } from "../types/target.js";
import type { Frame } from "../wire/frame.js";
import { checkParamNames, checkState, type OpenParams, readParams } from "./connect-params.js";
import { Dispatch } from "./dispatch.js";
import type { InnerService } from "./inner-service.js";
import type { SSEServiceOptions } from "./option-types.js";
import { type ResolvedOptions, resolveOptions } from "./options.js";
import { encodeDrainNotice, OwnFrames, REPLACED } from "./own-frames.js";
import type { ServersHost } from "./servers.js";
import type { CloseOptions, SSEService } from "./service-types.js";
import { INNER, Shutdown } from "./shutdown.js";
import { standaloneHost } from "./standalone-host.js";
import type { Transport } from "./transport.js";

/** Creates a service, on which others open streams: adapters, or the transport passed to `carry`. @throws `ERR_SSE_INVALID_OPTION` */
export function createService<Events extends object = AnyEvents>(
	options?: SSEServiceOptions<Events>,
): SSEService<Events> {
	// An event map exists only for the compiler.
	return new Service(resolveOptions(options)) as unknown as SSEService<Events>;
}

class Service implements InnerService, PollHost {
	readonly flush = new FlushScheduler();
	readonly diagnostics = new Diagnostics(this, this.flush);
	readonly options: ResolvedOptions;
	readonly #ownHeaders;
	readonly #registry = new Registry();
	readonly #admission: Admission;
	readonly #dispatch: Dispatch;
	readonly #roster: Commands;
	readonly #presence: Presence;
	readonly #heartbeat: Heartbeat<Connection>;
	readonly #lifetimes: Lifetimes<Connection>;
	readonly #frames: OwnFrames;
	readonly #standaloneHost: ConnectionHost;
	/** Open sinks, including those of connections that are ending. */
	#sinks = 0;
	readonly #shutdown = new Shutdown<Connection>({
		service: this,
		connections: () => this.#registry.everyConnection(),
		onBegin: (ms) => this.diagnostics.draining(this.#registry.connectionCount, ms),
		isOver: () => this.#sinks === 0,
		onOver: () => this.#end(),
	});

	#transport: Transport | undefined;

	constructor(options: ResolvedOptions) {
		this.options = options;
		this.#admission = new Admission(this.#registry, options);
		this.#ownHeaders = ownHeaders(options.heartbeatIntervalMs);
		this.#lifetimes = new Lifetimes(options.maxConnectionAgeMs);
		this.#dispatch = new Dispatch(this.#registry, options, {
			obey: (command) => this.#obey(command),
			diagnostics: this.diagnostics,
			onError: (error, stage) => this.onError(error, stage),
		});
		this.#roster = new Commands(this.#registry, options, {
			onJoined: (...joined) => this.#dispatch.history?.onJoined(...joined),
			onChange: () => this.#presence.onChange(),
			onAsked: (group) => this.#presence.onAsked(group),
			tell: (command) => this.#dispatch.history?.tell(command),
		});
		this.#presence = new Presence(this.#registry, this.#dispatch.history?.shared, (error) =>
			this.onError(error, "log"),
		);
		this.#frames = new OwnFrames(options);
		this.#heartbeat = new Heartbeat(
			options.heartbeatIntervalMs,
			(connection) => this.#frames.beat(connection, this.#historyOf(connection)),
			{
				timeoutMs: options.stallTimeoutMs,
				// A tick can reach a connection that ended in the same tick.
				onStall: (connection) => connection.closed || connection.onFailure("slow"),
			},
		);
		this.#standaloneHost = standaloneHost(this, (...event) =>
			this.#dispatch.encodeStandalone(...event),
		);
	}

	connect(params: ConnectParams): ConnectResult {
		const transport = this.#transport;
		return this.openStream(
			params,
			() => {
				if (transport !== undefined) return transport.sinkFor(params, this.options);
				const rule = "connect needs a service of sse-service, not of sse-service/fetch";
				throw new SSEError("ERR_SSE_INVALID_REQUEST", rule);
			},
			() => transport?.isClosing(params) === true,
		);
	}

	openStream(params: OpenParams, sinkOf: () => Sink, isClosing?: () => boolean): ConnectResult {
		const registration = readParams(params, this.options);
		const { clientId, meta, standalone, limitKey } = registration;
		this.#shutdown.check("The service");
		const sink = sinkOf();
		checkParamNames(params);
		checkState(sink);
		const host = standalone ? this.#standaloneHost : this;
		const isPoll = host.hasHistory && this.options.longPollMs > 0 && sink.isLongPoll;
		const Opened = isPoll ? PollConnection : Connection;
		const connection = new Opened(host, sink, clientId, registration.onDisconnectCb);
		if (sink.state === "gone") return this.#refuse(connection, meta, "client");

		const replaced = this.#admission.check(clientId, limitKey);
		connection.open(this.#ownHeaders, params.originalResHeaders, this.#frames.opening(isPoll));
		this.#sinks++;
		if (sink.headersOnly) return this.#refuse(connection, meta, "head");

		replaced?.close("replaced", REPLACED);
		this.diagnostics.opened(connection);
		const client = this.#registry.add(connection, registration);
		this.#admission.enter(connection, limitKey);
		const info = { client: new ClientView(client, connection.home), connection };
		this.#heartbeat.add(connection);
		this.#lifetimes.add(connection, registration.expiresAt);
		if (!standalone) {
			this.#dispatch.history?.welcome(connection, registration.since);
			this.#presence.onChange();
		}
		this.#call("onConnect", this.options.onConnect, info);
		// A callback or middleware may have closed the service meanwhile.
		if (this.isClosing || isClosing?.()) connection.close("shutdown");
		return { ...info, currConnection: connection.response };
	}

	send(target: Target, data: unknown, options?: SendOptions): number {
		return this.#dispatch.send(target, data, options);
	}

	publish(target: Target, data: unknown, options?: PublishOptions): Promise<Published> {
		return this.#dispatch.publish(target, data, options);
	}

	join(target: Target, groups: string | readonly string[]): number {
		return this.#roster.join(target, groups);
	}

	leave(target: Target, groups: string | readonly string[]): number {
		return this.#roster.leave(target, groups);
	}

	disconnect(target: Target, reason: CloseReason = "server"): number {
		if (typeof reason !== "string" || reason.length === 0) {
			throw invalid("ERR_SSE_INVALID_REASON", "The reason must be a non-empty string", reason);
		}
		return this.#roster.disconnect(target, reason);
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
		this.#roster.setMetadata(clientId, meta, group);
		return this.getClient(clientId, group);
	}

	health(): SSEHealth {
		const log = this.#dispatch.history?.shared?.health();
		return { live: true, ready: !this.isClosing && log?.ready !== false, log };
	}

	stats(): SSEStats {
		return {
			...this.#registry.counts,
			history: this.#dispatch.history?.stats(),
			...this.diagnostics.snapshot(),
		};
	}

	closeWith<Server extends HttpServer>(server: Server): Server {
		this.#transport?.closeWith(server);
		return server;
	}

	close(options?: CloseOptions): Promise<void> {
		return this.#shutdown.begin(options);
	}

	// For openers of streams, and the host of connections.

	carry(transport: (host: ServersHost<Connection>) => Transport): void {
		this.#transport ??= transport({
			service: this,
			connections: () => this.#registry.everyConnection(),
			shutDown: () => this.#shutdown.ensure(),
		});
	}

	get [INNER](): true {
		return true;
	}

	get isClosing(): boolean {
		return this.#shutdown.hasBegun;
	}

	get hasHistory(): boolean {
		return this.#dispatch.history !== undefined;
	}

	get sharesLog(): boolean {
		return this.#dispatch.history?.shared !== undefined;
	}

	get positionNotice(): Frame | undefined {
		return this.#dispatch.history?.beat(undefined);
	}

	get dropNotice(): Frame | undefined {
		return this.#dispatch.history?.notices.drop;
	}

	encode(data: unknown, options?: SendOptions): Frame {
		return this.#dispatch.encode(data, options);
	}

	onClosed(connection: Connection, reason: CloseReason, error: unknown): void {
		if (this.#registry.includes(connection)) this.#presence.onLeaving(connection.clientId, reason);
		const client = this.#registry.remove(connection);
		// It was never registered, so `connect` itself reports its end.
		if (client === undefined) return;
		this.#admission.leave(connection);
		this.#heartbeat.delete(connection);
		this.#lifetimes.delete(connection);
		this.diagnostics.closed(connection, reason);
		const { onDisconnectCb } = connection;
		const { onDisconnect } = this.options;
		if (onDisconnectCb === undefined && onDisconnect === undefined) return;
		const info = { client: new ClientView(client, connection.home), connection, reason, error };
		// Deferred, so that what the callbacks send cannot overtake a fan-out that is under way.
		queueMicrotask(() => {
			this.#call("onDisconnectCb", onDisconnectCb, info);
			this.#call("onDisconnect", onDisconnect, info);
		});
	}

	onGone(): void {
		this.#sinks--;
		if (this.#sinks === 0) this.#shutdown.onOver();
	}

	dismiss(connection: Connection): void {
		const position = connection.isFed ? undefined : this.#historyOf(connection)?.position;
		connection.close("shutdown", encodeDrainNotice(this.options, position));
	}

	onError(error: unknown, stage: ErrorStage): void {
		this.diagnostics.failed(error, stage);
		// Errors of `onError` itself have no receiver, so they are dropped.
		attempt(
			() => this.options.onError?.(error, { stage }),
			() => {},
		);
	}

	/** Returns the history that serves a connection; standalone ones have none. */
	#historyOf(connection: Connection): History | undefined {
		return this.#registry.includes(connection) ? this.#dispatch.history : undefined;
	}

	/** Reports the end of a connection that was never registered: it never opened, or only sent headers. */
	#refuse(connection: Connection, meta: Meta | undefined, reason: CloseReason): ConnectResult {
		const client = newClient(connection.clientId);
		const info = { client: new ClientView(client, newMembership("", meta)), connection };
		connection.close(reason);
		queueMicrotask(() =>
			this.#call("onDisconnectCb", connection.onDisconnectCb, { ...info, reason }),
		);
		return { ...info, currConnection: connection.response };
	}

	/** Runs a callback of the application. What it throws or rejects with goes to `onError` and affects nothing else. */
	#call<Info>(
		stage: ErrorStage,
		callback: ((info: Info) => unknown) | undefined,
		info: Info,
	): void {
		if (callback === undefined) return;
		attempt(
			() => callback(info),
			(error) => this.onError(error, stage),
		);
	}

	#obey(command: Command): void {
		attempt(
			() => this.#roster.obey(command),
			(error) => this.onError(error, "log"),
		);
	}

	/** Runs when the last response has closed. */
	async #end(): Promise<void> {
		try {
			await this.#presence.close();
		} finally {
			try {
				await this.#dispatch.history?.close();
			} catch (error) {
				this.onError(error, "log");
			}
		}
	}
}

/** Runs a callback. What it throws, or what a returned promise or thenable rejects with, goes to `onFailure`. */
function attempt(callback: () => unknown, onFailure: (error: unknown) => void): void {
	try {
		Promise.resolve(callback()).catch(onFailure);
	} catch (error) {
		onFailure(error);
	}
}
