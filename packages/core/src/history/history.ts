/**
 * The history of a service: events for groups, clients and everyone go through its event log, are delivered from there,
 * and are replayed to a client that reconnects.
 */

import type { Connection } from "../connection/connection.js";
import { isPromiseLike } from "../connection/iterators.js";
import type { Diagnostics } from "../diagnostics/diagnostics.js";
import type { Command } from "../event-log/command.js";
import type { Appended, EventLog, LogHost } from "../event-log/event-log.js";
import { keyOf, type LogEntry, type LogRecord } from "../event-log/record.js";
import { Limiter } from "../pacing/limiter.js";
import type { Selection } from "../registry/target.js";
import type { Published } from "../types/message.js";
import { encodeCursor, type Position, UNPLACED } from "../wire/cursor.js";
import type { Frame } from "../wire/frame.js";
import { type Message, orTooLong } from "../wire/message.js";
import { CatchUp } from "./catch-up.js";
import { Notices } from "./notices.js";
import type { ReplayHost } from "./replay.js";

/** What the history needs from the service. */
export interface HistoryHost extends Pick<ReplayHost<Connection>, "recover" | "encodeRecovered"> {
	readonly diagnostics: Diagnostics;
	/** Hands a frame to a selection, except to `keptFrom`. @returns the number of connections that took it */
	deliver(
		selection: Selection,
		frame: Frame,
		keptFrom: ReadonlySet<Connection>,
		traceparent: string | undefined,
	): number;
	/** Whether a connection belongs to this service and is open. */
	has(connection: Connection): boolean;
	/** Every open connection. */
	connections(): readonly Connection[];
	/** Carries out a command of another process. */
	obey(command: Command): void;
	/** Receives why an append failed, why the log is unavailable, or what `recover` threw. */
	onError(error: unknown, stage: "send" | "log" | "recover"): void;
}

interface HistoryOptions {
	readonly history: LogHost["history"];
	readonly gapEvent: string;
	readonly positionEvent?: string | undefined;
	readonly recoverTimeoutMs: number;
	readonly recoverConcurrency: number;
	readonly publishTimeoutMs: number;
}

/** An event on its way through the log, with what only this process knows about it. */
interface Posting extends LogEntry {
	readonly selection: Selection;
	/** How many connections of this process took it. Set on delivery. */
	reached?: number;
}

export class History {
	readonly notices: Notices;
	readonly #log: EventLog;
	readonly #host: HistoryHost;
	readonly #newcomers: CatchUp;
	#delivering: LogRecord | undefined;
	#isClosed = false;

	/** @throws `ERR_SSE_INVALID_OPTION` */
	constructor(log: EventLog, options: HistoryOptions, host: HistoryHost) {
		this.#log = log;
		this.#host = host;
		this.notices = new Notices(options.gapEvent, options.positionEvent);
		const { recoverTimeoutMs, recoverConcurrency } = options;
		const recoverTurns = new Limiter(recoverConcurrency);
		const begun = log.open({
			history: options.history,
			appendTimeoutMs: options.publishTimeoutMs,
			deliver: (record, entry) => this.#deliver(record, entry as Posting | undefined),
			onBreak: (from) => this.#newcomers.onBreak(from, host.connections()),
			obey: (command) => host.obey(command),
			onError: (error) => host.onError(error, "log"),
			onOutage: (error) => host.diagnostics.outage(error),
		});
		const { notices } = this;
		const replayHost = { ...host, log, notices, recoverTimeoutMs, recoverTurns };
		this.#newcomers = new CatchUp(replayHost, begun);
	}

	/** The position of a connection that has received everything so far; `undefined` before the log is open. */
	get position(): Position | undefined {
		return this.#log.position;
	}

	get shared(): EventLog["shared"] {
		return this.#log.shared;
	}

	/** Sends through the log. @returns how many connections of this process took it; `undefined` if not known yet */
	send(selection: Selection, message: Message): number | undefined {
		// Every connection has ended.
		if (this.#isClosed) return 0;
		const posting = postingOf(selection, message);
		const appended = this.#append(posting, message);
		if (isPromiseLike(appended)) this.#reportFailure(appended);
		return posting.reached;
	}

	/** @param traceparent kept with the event */
	async publish(selection: Selection, message: Message, traceparent?: string): Promise<Published> {
		const posting = postingOf(selection, message, traceparent);
		const appended = await this.#append(posting, message);
		return { id: encodeCursor(appended, appended.ownId) };
	}

	/** Makes every other process that shares the log do the same. */
	tell(command: Command): void {
		const { shared } = this.#log;
		if (shared !== undefined && !this.#isClosed) this.#reportFailure(shared.tell(command));
	}

	/** Replays to a newly registered connection what it missed. `since`: where it begins if it sent no last event ID */
	welcome(connection: Connection, since?: string): void {
		if (this.#delivering !== undefined) this.#newcomers.ahead.keep(connection);
		this.#newcomers.welcome(connection, this.#delivering?.position ?? this.position, since);
	}

	/** A connection has just come to groups. */
	onJoined(connection: Connection, groups: readonly string[]): void {
		this.#newcomers.onJoined(connection, groups);
	}

	/** The position for an event that bypasses the log, as far as it is known before its connection writes the event. */
	get place(): Position {
		return this.position ?? UNPLACED;
	}

	/** A heartbeat with the client's position, so that a client without events does not fall behind. `event`: the plain block */
	beat(event: string | undefined): Frame | undefined {
		const { position } = this;
		if (position === undefined) return undefined;
		return event === undefined ? this.notices.id(position) : this.notices.beat(event, position);
	}

	/** @returns a promise that resolves when the log has closed, if closing is asynchronous */
	close(): void | Promise<void> {
		this.#isClosed = true;
		return this.#log.close();
	}

	stats(): ReturnType<EventLog["stats"]> {
		return this.#log.stats();
	}

	#append(posting: Posting, message: Message): Appended | Promise<Appended> {
		const onAppended = this.#host.diagnostics.appending(posting.target);
		const appended = orTooLong(message, () => this.#log.append(posting));
		onAppended?.(appended);
		return appended;
	}

	#reportFailure(appended: Promise<unknown>): void {
		appended.catch((error: unknown) => this.#host.onError(error, "send"));
	}

	#deliver(record: LogRecord, posting: Posting | undefined): void {
		const selection = posting?.selection ?? record.target;
		const { ahead } = this.#newcomers;
		const { frame, traceparent } = record;
		this.#delivering = record;
		this.#host.diagnostics.arrived(record, this.shared, posting !== undefined);
		try {
			const reached = this.#host.deliver(selection, frame, ahead.connections, traceparent);
			if (posting !== undefined) posting.reached = reached;
			// A reconnect must not replay the event to its client either.
			const { exceptConnection } = selection as Selection;
			if (exceptConnection !== undefined && this.#host.has(exceptConnection)) {
				exceptConnection.enqueue(this.notices.id(record.position));
			}
		} finally {
			this.#delivering = undefined;
			ahead.onDelivered(record.position);
		}
	}
}

function postingOf(selection: Selection, message: Message, traceparent?: string): Posting {
	const { client, group, exceptClient } = selection;
	const { data, event, id, retry, key, ttlMs, idempotencyKey } = message;
	return {
		target: { client, group, exceptClient },
		fields: { data, event, id, retry },
		key,
		ttlMs,
		// A key identifies an event within its target only.
		idempotencyKey: keyOf(selection, idempotencyKey),
		traceparent,
		selection,
	};
}
