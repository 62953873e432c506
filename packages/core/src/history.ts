/**
 * The history of a service: what is sent to groups, clients and everyone goes through its event log, is delivered
 * from there, and is given again to a client that comes back.
 */
import type { Connection } from "./connection.js";
import { encodeCursor, type Position } from "./cursor.js";
import type { EventLog } from "./event-log.js";
import type { FeedSource } from "./feed.js";
import type { Frame } from "./frame.js";
import { type Message, orTooLong } from "./message.js";
import { Notices } from "./notices.js";
import type { LogEntry, LogRecord } from "./record.js";
import { introduce, type ReplayHost, replay } from "./replay.js";
import type { Published } from "./service-types.js";
import type { Selection } from "./target.js";

/** What the history asks of the service. */
export interface HistoryHost
	extends Pick<ReplayHost<Connection>, "recover" | "encodeRecovered" | "onRecoverError"> {
	/** Hand a frame to a selection, but for those it is kept from. @returns to how many connections */
	deliver(selection: Selection, frame: Frame, keptFrom: ReadonlySet<Connection>): number;
	/** Whether a connection is one of this service's, and open. */
	has(connection: Connection): boolean;
}

interface HistoryOptions {
	readonly gapEvent: string;
	readonly recoverTimeoutMs: number;
}

/** An event on its way through the log, with what only this process knows of it. */
interface Posting extends LogEntry {
	readonly selection: Selection;
	/** To how many connections here it went, once it was delivered. */
	reached?: number;
}

export class History {
	readonly notices: Notices;
	readonly #log: EventLog;
	readonly #host: HistoryHost;
	readonly #replayHost: ReplayHost<Connection>;
	#delivering: LogRecord | undefined;
	/** Registered in this turn. */
	readonly #starting = new WeakSet<Connection>();
	#isClosed = false;
	/** Registered while an event is being delivered, which their replay ends with. */
	readonly #latecomers = new Set<Connection>();

	constructor(log: EventLog, { gapEvent, recoverTimeoutMs }: HistoryOptions, host: HistoryHost) {
		this.#log = log;
		this.#host = host;
		this.notices = new Notices(gapEvent);
		this.#replayHost = { ...host, log, notices: this.notices, recoverTimeoutMs };
		log.tail((record, entry) => this.#deliver(record, entry as Posting | undefined));
	}

	/** What a connection is at that has been given everything so far. */
	get position(): Position {
		return this.#log.position;
	}

	/** The id of a client that has had everything so far. */
	get currentId(): string {
		return encodeCursor(this.position);
	}

	/** Send through the log. @returns to how many connections here it went; `undefined` when that is not known yet */
	send(selection: Selection, message: Message): number | undefined {
		// Every connection has ended.
		if (this.#isClosed) return 0;
		const posting = postingOf(selection, message);
		void this.#append(posting, message);
		return posting.reached;
	}

	async publish(selection: Selection, message: Message): Promise<Published> {
		const appended = await this.#append(postingOf(selection, message), message);
		return { id: encodeCursor(appended, appended.ownId) };
	}

	/** Give a connection that has just been registered what it missed. */
	welcome(connection: Connection): void {
		const upTo = this.#delivering?.position ?? this.position;
		if (this.#delivering !== undefined) this.#latecomers.add(connection);
		const { lastEventId = "" } = connection;
		// An empty one is none: "if the last event ID string is not the empty string, then set the header".
		if (lastEventId !== "") {
			this.#starting.add(connection);
			connection.feed(this.#replay(connection, lastEventId, upTo));
		} else if (!this.#introduce(connection, connection.groups, upTo)) {
			connection.beat(this.notices.id(upTo));
			// In one packet with the headers, which Node sends at the end of this tick.
			connection.flush();
		}
	}

	/** A connection has just come to groups. */
	onJoined(connection: Connection, groups: readonly string[]): void {
		// Those of one that is about to be given what it missed are looked at then.
		if (!this.#starting.has(connection)) this.#introduce(connection, groups, this.position);
	}

	/** Begins at the end of this turn: in the groups that it joins until then it has missed something, too. */
	*#replay(connection: Connection, lastEventId: string, upTo: Position): FeedSource {
		this.#starting.delete(connection);
		yield* replay(this.#replayHost, connection, lastEventId, upTo);
	}

	/** Give a connection the newest events of those of the groups that keep these. @returns whether one does */
	#introduce(connection: Connection, groups: readonly string[], upTo: Position): boolean {
		const kept = groups.filter((group) => this.#log.keepsLatest(group));
		if (kept.length > 0) connection.feed(introduce(this.#replayHost, connection, kept, upTo));
		return kept.length > 0;
	}

	/** A message that does not go through the log: with an id of the application's, it says the position as well. */
	stamped(message: Message): Message {
		if (message.id === undefined) return message;
		return { ...message, id: encodeCursor(this.position, message.id) };
	}

	/** A heartbeat that says where the client is, so that one to whom nothing is sent does not fall behind. `event`: the block it is otherwise */
	beat(event: string | undefined): Frame {
		if (event === undefined) return this.notices.id(this.position);
		return this.notices.beat(event, this.position);
	}

	close(): void {
		this.#isClosed = true;
		void this.#log.close();
	}

	stats(): ReturnType<EventLog["stats"]> {
		return this.#log.stats();
	}

	#append(posting: Posting, message: Message): ReturnType<EventLog["append"]> {
		return orTooLong(message, () => this.#log.append(posting));
	}

	#deliver(record: LogRecord, posting: Posting | undefined): void {
		const selection = posting?.selection ?? record.target;
		this.#delivering = record;
		try {
			const reached = this.#host.deliver(selection, record.frame, this.#latecomers);
			if (posting !== undefined) posting.reached = reached;
			// Its client must not be given the event when it comes back.
			const { exceptConnection } = selection as Selection;
			if (exceptConnection !== undefined && this.#host.has(exceptConnection)) {
				exceptConnection.enqueue(this.notices.id(record.position));
			}
		} finally {
			this.#delivering = undefined;
			this.#latecomers.clear();
		}
	}
}

function postingOf(selection: Selection, message: Message): Posting {
	const { client, group, exceptClient } = selection;
	const { data, event, id, retry, key, ttlMs, idempotencyKey } = message;
	return {
		target: { client, group, exceptClient },
		fields: { data, event, id, retry },
		key,
		ttlMs,
		idempotencyKey,
		selection,
	};
}
