/**
 * The history of a service: events for groups, clients and everyone go through its event log, are delivered from there,
 * and are replayed to a client that reconnects.
 */

import type { Connection } from "../connection/connection.js";
import { isPromiseLike } from "../connection/iterators.js";
import type { Diagnostics } from "../diagnostics/diagnostics.js";
import type { Obeyed } from "../event-log/command.js";
import type { Appended, Deliver, EventLog, LogHost } from "../event-log/event-log.js";
import type { LogEntry, LogRecord } from "../event-log/record.js";
import { Limiter } from "../pacing/limiter.js";
import { audienceOf, type Selection } from "../registry/target.js";
import type { Published } from "../types/message.js";
import { encodeCursor, type Position } from "../wire/cursor.js";
import { type Frame, keyOf } from "../wire/frame.js";
import { type Message, orTooLong } from "../wire/message.js";
import { CatchUp } from "./catch-up.js";
import { Notices } from "./notices.js";
import { Orders, type OrdersHost } from "./orders.js";
import type { Recovery } from "./recovery.js";

/** What the history needs from the service. */
export interface HistoryHost extends OrdersHost {
	readonly diagnostics: Diagnostics;
	readonly delivery: {
		/** Hands a frame to a selection, except to `keptFrom`. @returns the number of connections that took it */
		deliver(
			selection: Selection,
			frame: Frame,
			keptFrom: ReadonlySet<Connection>,
			traceparent: string | undefined,
		): number;
	};
	readonly recovery: Recovery<Connection>;
	/** Whether a connection belongs to this service and is open. */
	has(connection: Connection): boolean;
	/** Every open connection. */
	connections(): readonly Connection[];
	/** Receives why an append failed, why the log is unavailable, or what `recover` threw. */
	onError(error: unknown, stage: "send" | "log" | "recover"): void;
}

interface HistoryOptions {
	readonly history: LogHost["history"];
	readonly gapEvent: string;
	readonly positionEvent?: string | undefined;
	readonly recoverTimeoutMs: number;
	readonly recoverConcurrency: number;
	readonly recoverWaitMs: number;
	readonly publishTimeoutMs: number;
	readonly maxCatchUpEvents: number;
}

export class History {
	readonly notices: Notices;
	readonly #log: EventLog;
	readonly #host: HistoryHost;
	readonly #catchUp: CatchUp;
	readonly #orders: Orders;
	#delivering: LogRecord | undefined;
	#isClosed = false;

	/** @throws `ERR_SSE_INVALID_OPTION` */
	constructor(log: EventLog, options: HistoryOptions, host: HistoryHost) {
		this.#log = log;
		this.#host = host;
		this.notices = new Notices(options.gapEvent, options.positionEvent);
		const begun = log.open({
			history: options.history,
			appendTimeoutMs: options.publishTimeoutMs,
			deliver: (record) => this.#deliver(record, record.target, false),
			onBreak: (from) => this.#catchUp.onBreak(from, host.connections()),
			obey: (...ordered) => this.#orders.obey(...ordered),
			onError: (error) => host.onError(error, "log"),
			onOutage: (error) => host.diagnostics.outage(error),
		});
		this.#catchUp = new CatchUp(
			{
				log,
				notices: this.notices,
				maxCatchUpEvents: options.maxCatchUpEvents,
				recovery: host.recovery,
				recoverTimeoutMs: options.recoverTimeoutMs,
				recoverWaitMs: options.recoverWaitMs,
				recoverTurns: new Limiter(options.recoverConcurrency),
				onError: (error) => host.onError(error, "recover"),
			},
			begun,
		);
		this.#orders = new Orders(this.#catchUp.ahead, host);
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
		let reached: number | undefined;
		const entry = entryOf(selection, message);
		const appended = this.#append(entry, message, (record) => {
			reached = this.#deliver(record, selection, true);
		});
		if (isPromiseLike(appended)) this.#reportFailure(appended);
		return reached;
	}

	/**
	 * @param traceparent kept with the event
	 * @throws at once, or rejects, like the log's `append`
	 */
	publish(selection: Selection, message: Message, traceparent?: string): Promise<Published> {
		const entry = entryOf(selection, message, traceparent);
		const appended = this.#append(entry, message, (record) => {
			this.#deliver(record, selection, true);
		});
		if (isPromiseLike(appended)) return appended.then(publishedAs);
		return Promise.resolve(publishedAs(appended));
	}

	/** Makes every other process that shares the log do the same. */
	tell(command: Obeyed): void {
		const { shared } = this.#log;
		if (shared === undefined || this.#isClosed) return;
		this.#orders.onGiven(command);
		this.#reportFailure(shared.tell(command));
	}

	/** Replays to a newly registered connection what it missed. `since`: where it begins if it sent no last event ID */
	welcome(connection: Connection, since?: string): void {
		if (this.#delivering !== undefined) this.#catchUp.ahead.keep(connection);
		this.#catchUp.welcome(connection, this.#delivering?.position ?? this.position, since);
	}

	/** A connection has just come to groups. */
	onJoined(connection: Connection, groups: readonly string[]): void {
		this.#catchUp.onJoined(connection, groups);
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

	#append(entry: LogEntry, message: Message, deliver: Deliver): Appended | Promise<Appended> {
		const onAppended = this.#host.diagnostics.appending(entry.target);
		const appended = orTooLong(message, () => this.#log.append(entry, deliver));
		onAppended?.(appended);
		return appended;
	}

	#reportFailure(appended: Promise<unknown>): void {
		appended.catch((error: unknown) => this.#host.onError(error, "send"));
	}

	/** @param isOwn this process appended it. @returns the number of connections that took it */
	#deliver(record: LogRecord, selection: Selection, isOwn: boolean): number {
		const { ahead } = this.#catchUp;
		const { frame, traceparent } = record;
		this.#delivering = record;
		this.#host.diagnostics.arrived(record, this.shared, isOwn);
		try {
			const { exceptConnection } = selection;
			const { delivery } = this.#host;
			const reached = delivery.deliver(selection, frame, ahead.connections, traceparent);
			// A reconnect must not replay the event to its client either.
			if (exceptConnection !== undefined && this.#host.has(exceptConnection)) {
				exceptConnection.enqueue(this.notices.id(record.position));
			}
			return reached;
		} finally {
			this.#delivering = undefined;
			ahead.onDelivered(record.position);
		}
	}
}

function publishedAs(appended: Appended): Published {
	return { id: encodeCursor(appended, appended.ownId) };
}

function entryOf(selection: Selection, message: Message, traceparent?: string): LogEntry {
	const { data, event, id, retry, key, ttlMs, idempotencyKey } = message;
	return {
		target: audienceOf(selection),
		fields: { data, event, id, retry },
		key,
		ttlMs,
		// A key identifies an event within its target only.
		idempotencyKey: keyOf(selection, idempotencyKey),
		traceparent,
	};
}
