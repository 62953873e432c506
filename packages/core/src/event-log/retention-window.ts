/**
 * A window: the records under one set of limits in number, bytes and age, oldest first.
 */
import type { LogRecord } from "./record.js";
import { RecordList } from "./record-list.js";
import type { Retention } from "./retention.js";

export class RetentionWindow {
	readonly #retention: Retention;
	readonly #records = new RecordList();
	bytes = 0;

	constructor(retention: Retention) {
		this.#retention = retention;
	}

	get events(): number {
		return this.#records.size;
	}

	/** Whether it can keep a record at all. One that is larger than everything it may keep must not push out the others. */
	fits({ weight }: LogRecord): boolean {
		return weight <= this.#retention.maxBytes;
	}

	add(record: LogRecord): void {
		this.#records.add(record);
		this.bytes += record.weight;
	}

	/** Call when one of its records has been replaced. */
	onReplaced(record: LogRecord): void {
		this.#records.onReplaced();
		this.bytes -= record.weight;
	}

	/** Removes what is beyond the limits, oldest first. */
	trim(now: number, onTrim: (record: LogRecord) => void): void {
		const { maxEvents, maxBytes, maxAgeMs } = this.#retention;
		for (;;) {
			const oldest = this.#records.first;
			if (oldest === undefined) return;
			const fits = this.events <= maxEvents && this.bytes <= maxBytes;
			if (fits && now - oldest.at < maxAgeMs) return;
			this.#records.shift();
			this.bytes -= oldest.weight;
			onTrim(oldest);
		}
	}
}
