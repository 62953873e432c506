/**
 * The connections of a service: opens each on a sink, and deals with its end, once.
 */
import type { SSEError } from "../checks/errors.js";
import { randomId } from "../checks/random-id.js";
import { Connection } from "../connection/connection.js";
import type { ConnectionHost } from "../connection/connection-host.js";
import type { FlushScheduler } from "../connection/flush-scheduler.js";
import { PollConnection, type PollHost } from "../connection/poll-connection.js";
import type { Diagnostics } from "../diagnostics/diagnostics.js";
import type { History } from "../history/history.js";
import { Heartbeat } from "../pacing/heartbeat.js";
import { Lifetimes } from "../pacing/lifetimes.js";
import { Admission } from "../registry/admission.js";
import { newClient, newMembership } from "../registry/client.js";
import { ClientView } from "../registry/client-view.js";
import type { Presence } from "../registry/presence.js";
import type { Registry } from "../registry/registry.js";
import type { Sink } from "../sink/sink.js";
import { ownHeaders } from "../sink/stream-headers.js";
import type { ErrorStage } from "../types/callbacks.js";
import type { Meta } from "../types/client.js";
import type { ConnectResult } from "../types/connect.js";
import type { CloseReason } from "../types/connection.js";
import type { SendOptions } from "../types/message.js";
import type { Frame } from "../wire/frame.js";
import type { Callbacks } from "./callbacks.js";
import { checkState, type OpenParams, readParams } from "./connect-params.js";
import { EventEncoder } from "./event-encoder.js";
import type { ResolvedOptions } from "./options.js";
import { encodeDrainNotice, OwnFrames, REPLACED } from "./own-frames.js";
import type { Shutdown } from "./shutdown.js";
import { standaloneHost } from "./standalone-host.js";
import type { Opener } from "./transport.js";

/** The parts of the service that connections need. */
export interface ConnectionParts {
	readonly options: ResolvedOptions;
	readonly flush: FlushScheduler;
	readonly diagnostics: Diagnostics;
	readonly callbacks: Callbacks;
	readonly registry: Registry;
	readonly encoder: EventEncoder;
	readonly history: History | undefined;
	readonly presence: Presence;
	readonly shutdown: Shutdown<Connection>;
}

export class Connections implements PollHost {
	readonly flush: FlushScheduler;
	readonly diagnostics: Diagnostics;
	readonly options: ResolvedOptions;
	readonly hasHistory: boolean;
	readonly sharesLog: boolean;
	readonly dropNotice: Frame | undefined;
	readonly #parts: ConnectionParts;
	readonly #ownHeaders;
	readonly #admission: Admission;
	readonly #heartbeat: Heartbeat<Connection>;
	readonly #lifetimes: Lifetimes<Connection>;
	readonly #frames: OwnFrames;
	readonly #standaloneHost: ConnectionHost<Connection>;
	/** Open sinks, including those of connections that are ending. */
	#sinks = 0;

	constructor(parts: ConnectionParts) {
		const { options, diagnostics, registry, history } = parts;
		this.#parts = parts;
		this.flush = parts.flush;
		this.diagnostics = diagnostics;
		this.options = options;
		this.hasHistory = history !== undefined;
		this.sharesLog = history?.shared !== undefined;
		this.dropNotice = history?.notices.drop;
		this.#admission = new Admission(registry, options);
		this.#ownHeaders = ownHeaders(options.heartbeatIntervalMs);
		this.#lifetimes = new Lifetimes(options.maxConnectionAgeMs);
		this.#frames = new OwnFrames(options);
		const { heartbeatIntervalMs, stallTimeoutMs } = options;
		this.#heartbeat = new Heartbeat(
			heartbeatIntervalMs || stallTimeoutMs,
			(connection) => {
				if (heartbeatIntervalMs > 0) this.#frames.beat(connection, this.#historyOf(connection));
				// Nothing else detects that its client has vanished. Only now, because it costs system calls: most clients have left by then.
				else connection.probe(stallTimeoutMs);
			},
			{
				timeoutMs: stallTimeoutMs,
				// A tick can reach a connection that ended in the same tick.
				onStall: (connection) => connection.closed || connection.onFailure("slow"),
			},
		);
		this.#standaloneHost = standaloneHost(this, new EventEncoder(options, undefined));
	}

	/** Whether the last response has closed. */
	get areGone(): boolean {
		return this.#sinks === 0;
	}

	/** Opens a stream; see `openStream` of the inner service. */
	open<Params extends OpenParams>(params: Params, opener: Opener<Params>): ConnectResult {
		const { registry, history, presence, shutdown, callbacks } = this.#parts;
		const registration = readParams(params, this.options);
		const { clientId, meta, standalone, limitKey } = registration;
		shutdown.check("The service");
		const sink = opener.sinkFor(params);
		const { state } = sink;
		checkState(state);
		const host = standalone ? this.#standaloneHost : this;
		const isPoll = host.hasHistory && this.options.longPollMs > 0 && sink.isLongPoll;
		const Opened = isPoll ? PollConnection : Connection;
		const connection = new Opened(host, sink, clientId, registration.onDisconnectCb);
		if (state === "gone") return this.#refuse(connection, meta, "client");

		const replaced = this.#admission.check(clientId, limitKey);
		connection.open(this.#ownHeaders, params.originalResHeaders, this.#frames.opening(isPoll));
		this.#sinks++;
		if (sink.headersOnly) return this.#refuse(connection, meta, "head");

		replaced?.close("replaced", REPLACED);
		this.diagnostics.opened(connection);
		const client = registry.add(connection, registration);
		this.#admission.enter(connection, limitKey);
		const view = new ClientView(client, connection.home);
		this.#heartbeat.add(connection);
		this.#lifetimes.add(connection, registration.expiresAt);
		if (!standalone) {
			history?.welcome(connection, registration.since);
			presence.onChange();
		}
		callbacks.onConnect({ client: view, connection });
		// A callback or middleware may have closed the service meanwhile.
		if (shutdown.hasBegun || opener.isClosing(params)) connection.close("shutdown");
		return { client: view, connection, currConnection: connection.response };
	}

	/** Returns a closed connection for a request that `open` has refused; see `refuse` of the inner service. */
	refuse(
		{ clientId, meta, onDisconnectCb }: OpenParams,
		sink: Sink,
		error: SSEError,
	): ConnectResult {
		const id = typeof clientId === "string" ? clientId : randomId();
		return this.#refuse(new Connection(this, sink, id, onDisconnectCb), meta, "refused", error);
	}

	/** Ends a connection that a drain reached. */
	dismiss(connection: Connection): void {
		const position = connection.isFed ? undefined : this.#historyOf(connection)?.position;
		connection.close("shutdown", encodeDrainNotice(this.options, position));
	}

	// The host of each connection.

	get positionNotice(): Frame | undefined {
		return this.#parts.history?.beat(undefined);
	}

	encode(data: unknown, options?: SendOptions, use?: "pipe"): Frame {
		return this.#parts.encoder.encode(data, options, use);
	}

	onClosed(connection: Connection, reason: CloseReason, error: unknown): void {
		const { registry, presence, callbacks } = this.#parts;
		presence.onLeaving(connection, reason);
		const client = registry.remove(connection);
		// It was never registered, so `open` itself reports its end.
		if (client === undefined) return;
		this.#admission.leave(connection);
		this.#heartbeat.delete(connection);
		this.#lifetimes.delete(connection);
		this.diagnostics.closed(connection, reason);
		callbacks.onDisconnect(connection.onDisconnectCb, () => {
			return { client: new ClientView(client, connection.home), connection, reason, error };
		});
	}

	onGone(): void {
		this.#sinks--;
		if (this.areGone) this.#parts.shutdown.onOver();
	}

	onError(error: unknown, stage: ErrorStage): void {
		this.#parts.callbacks.onError(error, stage);
	}

	/** Returns the history that serves a connection; standalone ones have none. */
	#historyOf(connection: Connection): History | undefined {
		return this.#parts.registry.includes(connection) ? this.#parts.history : undefined;
	}

	/** Reports the end of a connection that was never registered: it never opened, or only sent headers. */
	#refuse(
		connection: Connection,
		meta: Meta | undefined,
		reason: CloseReason,
		error?: SSEError,
	): ConnectResult {
		const client = new ClientView(newClient(connection.clientId), newMembership("", meta));
		connection.close(reason);
		this.#parts.callbacks.onRefuse(connection.onDisconnectCb, {
			client,
			connection,
			reason,
			error,
		});
		return { client, connection, currConnection: connection.response };
	}
}
