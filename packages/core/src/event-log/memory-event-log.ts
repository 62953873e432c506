/**
 * The event log in the memory of one process: appending delivers at once. It is recreated with the process, under a new epoch.
 */

import { logClosed, logTaken } from "../checks/errors.js";
import { randomId } from "../checks/random-id.js";
import type { Position } from "../wire/cursor.js";
import type {
	Appended,
	Deliver,
	EventLog,
	LogHost,
	LogReader,
	LogStats,
	Page,
	ReadFailure,
} from "./event-log.js";
import { IdempotencyKeys } from "./idempotency-keys.js";
import { pageOf } from "./page.js";
import { type LogEntry, LogRecord } from "./record.js";
import { RecordStore } from "./record-store.js";
import { type RetentionRules, readRetention } from "./retention.js";

/** Creates a log in memory. */
export function createMemoryEventLog(): EventLog {
	return new MemoryEventLog();
}

class MemoryEventLog implements EventLog {
	readonly #epoch = randomId(8);
	#rules: RetentionRules = readRetention(true);
	#records = new RecordStore(this.#rules);
	#appended = new IdempotencyKeys(this.#rules.byDefault);
	/** The seed of tags: not a secret, but unlikely to be shared by another log. */
	readonly #seed = Math.floor(Math.random() * 2 ** 32);
	#position = this.#positionAt(0);
	/** The sequence of the newest appended event. An event that is appended during a delivery waits for its turn. */
	#sequence = 0;
	readonly #waiting: { readonly record: LogRecord; readonly deliver?: Deliver | undefined }[] = [];
	#isDelivering = false;
	#isClosed = false;
	#host: LogHost | undefined;

	get position(): Position {
		return this.#position;
	}

	open(host: LogHost): Position {
		if (this.#host !== undefined) throw logTaken();
		this.#rules = readRetention(host.history);
		this.#clear();
		this.#host = host;
		return this.#position;
	}

	append(entry: LogEntry, deliver?: Deliver): Appended {
		if (this.#isClosed) throw logClosed();
		const { idempotencyKey } = entry;
		const now = Date.now();
		const known =
			idempotencyKey === undefined ? undefined : this.#appended.get(idempotencyKey, now);
		if (known !== undefined) return known;
		const position = this.#positionAt(this.#sequence + 1);
		this.#waiting.push({ record: new LogRecord(position, entry, now), deliver });
		this.#sequence = position.sequence;
		const appended = { ...position, ownId: entry.fields.id };
		if (idempotencyKey !== undefined) this.#appended.add(idempotencyKey, appended, now);
		if (!this.#isDelivering) this.#deliverWaiting();
		return appended;
	}

	readAfter(
		after: Position | undefined,
		upTo: Position,
		reader: LogReader,
	): Page | ReadFailure | Promise<Page> {
		if (after !== undefined) {
			if (after.epoch !== this.#epoch) return "epoch";
			if (after.sequence > this.#sequence) return "diverged";
			if (after.tag !== this.#positionAt(after.sequence).tag) return "diverged";
		}
		if (this.#isClosed) return "expired";
		const now = Date.now();
		const newer = this.#records.after(after?.sequence, reader, now);
		if (newer === undefined) return "expired";
		return pageOf(newer.records, upTo, reader, now);
	}

	readLatest(reader: LogReader): readonly LogRecord[] {
		return this.#records.latest(reader, Date.now());
	}

	keepsLatest(group: string): boolean {
		return this.#records.keepsLatest(group);
	}

	stats(): LogStats {
		const now = Date.now();
		this.#appended.trim(now);
		const { events, bytes } = this.#records.stats(now);
		return { events, bytes: bytes + this.#appended.bytes };
	}

	close(): void {
		this.#isClosed = true;
		this.#waiting.length = 0;
		this.#clear();
	}

	#clear(): void {
		this.#records = new RecordStore(this.#rules);
		this.#appended = new IdempotencyKeys(this.#rules.byDefault);
	}

	/** Delivers waiting events in order, including events appended meanwhile. */
	#deliverWaiting(): void {
		this.#isDelivering = true;
		try {
			for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
				this.#records.add(next.record);
				try {
					const { record, deliver = this.#host?.deliver } = next;
					deliver?.(record);
				} finally {
					this.#position = next.record.position;
				}
			}
		} finally {
			this.#isDelivering = false;
		}
	}

	/** Derives the tag from the sequence, so that any cursor can be checked, even of an event that is no longer kept. */
	#positionAt(sequence: number): Position {
		const mixed = Math.imul(sequence ^ this.#seed, 0x9e3779b1);
		const tag = (Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 12).toString(36);
		return { epoch: this.#epoch, sequence, tag };
	}
}
