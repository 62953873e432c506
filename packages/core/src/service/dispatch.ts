/**
 * Dispatch: routes an event from the application to its connections, at once or through the history.
 */

import { invalid, SSEError } from "../checks/errors.js";
import type { Connection } from "../connection/connection.js";
import type { Diagnostics } from "../diagnostics/diagnostics.js";
import type { Command } from "../event-log/command.js";
import { createMemoryEventLog } from "../event-log/memory-event-log.js";
import { keyOf } from "../event-log/record.js";
import { History, type HistoryHost } from "../history/history.js";
import { ClientView } from "../registry/client-view.js";
import type { Registry } from "../registry/registry.js";
import { readTarget, type Selection } from "../registry/target.js";
import type { ErrorStage, RecoveredEvent } from "../types/callbacks.js";
import type { GapReason } from "../types/history.js";
import type { Published, PublishOptions, SendOptions } from "../types/message.js";
import type { Target } from "../types/target.js";
import { encodeCursor } from "../wire/cursor.js";
import { encodeFrame, type Frame } from "../wire/frame.js";
import { encodeFields, encodeMessage, type Message, readMessage } from "../wire/message.js";
import { inContext } from "./log-in-context.js";
import type { ResolvedOptions } from "./options.js";

/** What the dispatch needs from the service. */
interface DispatchHost {
	readonly diagnostics: Diagnostics;
	/** Carries out a command of another process. */
	obey(command: Command): void;
	onError(error: unknown, stage: ErrorStage): void;
}

export class Dispatch {
	readonly history: History | undefined;
	readonly #registry: Registry;
	readonly #options: ResolvedOptions;
	readonly #host: DispatchHost;

	/** @throws `ERR_SSE_INVALID_OPTION` */
	constructor(registry: Registry, options: ResolvedOptions, host: DispatchHost) {
		this.#registry = registry;
		this.#options = options;
		this.#host = host;
		const { history, eventLog } = options;
		if (history === false) return;
		this.history = new History(
			eventLog === undefined ? createMemoryEventLog() : inContext(eventLog),
			{ ...options, history },
			{
				diagnostics: host.diagnostics,
				deliver: (selection, frame, keptFrom, traceparent) =>
					this.#deliver(selection, frame, keptFrom, traceparent),
				has: (connection) => registry.includes(connection),
				recover: (...asked) => this.#recover(...asked),
				encodeRecovered: (event) => this.#encodeRecovered(event),
				connections: () => registry.connections(),
				obey: (command) => host.obey(command),
				onError: (error, stage) => host.onError(error, stage),
			},
		);
	}

	/** @throws `ERR_SSE_INVALID_*` @returns the number of connections that it was handed to */
	send(target: Target, data: unknown, options: SendOptions | undefined): number {
		const selection = readTarget(target, this.#options);
		// The connection may belong to another service, which encodes ids in its own way.
		if (selection?.connection !== undefined) return selection.connection.send(data, options);
		const message = readMessage(data, options, this.#options);
		if (selection === undefined) return 0;
		if (this.history === undefined || message.isVolatile) {
			return this.#deliver(selection, this.#encode(message, keyOf(selection, message.key)));
		}
		return this.history.send(selection, message) ?? this.#registry.visit(selection, isOpen);
	}

	/** @throws (rejects) like `send`; `ERR_SSE_NO_HISTORY` */
	publish(target: Target, data: unknown, options?: PublishOptions): Promise<Published> {
		const { diagnostics } = this.#host;
		if (!diagnostics.isTraced) return this.#publish(target, data, options);
		return diagnostics.trace(target, options, (traceparent) =>
			this.#publish(target, data, options, traceparent),
		);
	}

	async #publish(
		target: Target,
		data: unknown,
		options: PublishOptions | undefined,
		traceparent?: string,
	): Promise<Published> {
		const selection = readTarget(target, this.#options);
		const message = readMessage(data, options, this.#options, "publish");
		if (this.history === undefined) {
			throw new SSEError("ERR_SSE_NO_HISTORY", "To publish needs the option history");
		}
		if (selection === undefined || selection.connection !== undefined) {
			const rule = "What is published must be for more than one connection";
			throw invalid("ERR_SSE_INVALID_TARGET", rule, target);
		}
		return this.history.publish(selection, message, traceparent);
	}

	/** Encodes an event for one connection. */
	encode(data: unknown, options: SendOptions | undefined): Frame {
		const message = readMessage(data, options, this.#options);
		return this.#encode(message, message.key);
	}

	/** Encodes an event for a standalone connection, whose ids carry no position in the log. */
	encodeStandalone(data: unknown, options: SendOptions | undefined): Frame {
		const message = readMessage(data, options, this.#options);
		return encodeFrame(
			encodeFields(message),
			message.isVolatile ? "volatile" : "event",
			message.key,
		);
	}

	#encode(message: Message, key: string | undefined): Frame {
		const kind = message.isVolatile ? "volatile" : "event";
		const position = message.id === undefined ? undefined : this.history?.place;
		if (position === undefined) return encodeFrame(encodeFields(message), kind, key);
		// Its id also carries the client's position in the log.
		const id = encodeCursor(position, message.id);
		return encodeFrame(encodeFields({ ...message, id }), kind, key, position);
	}

	#deliver(
		selection: Selection,
		frame: Frame,
		keptFrom?: ReadonlySet<Connection>,
		traceparent?: string,
	): number {
		const connections = this.#registry.visit(
			selection,
			(connection) => !keptFrom?.has(connection) && connection.enqueue(frame),
		);
		this.#host.diagnostics.sent(selection, frame, connections, traceparent);
		return connections;
	}

	#recover(
		connection: Connection,
		reason: GapReason,
		lastEventId: string,
	): ReturnType<HistoryHost["recover"]> {
		const client = this.#registry.client(connection.clientId);
		if (client === undefined) return undefined;
		const { lastOwnId, groups, signal } = connection;
		const info = {
			client: new ClientView(client, connection.home),
			groups,
			lastEventId,
			lastOwnId,
			reason,
			signal,
		};
		return this.#options.recover?.(info);
	}

	/** Encodes an event of `recover`. It has no id, which would overwrite the client's position in the log. */
	#encodeRecovered({ data, event, ...others }: RecoveredEvent): Frame {
		const [unknown] = Object.keys(others);
		if (unknown !== undefined) {
			const rule = "What is recovered must be { data, event }";
			throw invalid("ERR_SSE_INVALID_OPTION", rule, unknown);
		}
		return encodeFrame(encodeMessage(data, { event }, this.#options), "event");
	}
}

function isOpen({ closed }: Connection): boolean {
	return !closed;
}
