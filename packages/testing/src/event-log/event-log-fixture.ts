/**
 * The event log of one test, and what it delivered. Logs that a test opens are closed after it.
 */
import { afterEach, beforeEach, expect } from "vitest";
import { eventually } from "../waiting.js";
import type {
	DeliverOf,
	EventLogHarness,
	EventLogOf,
	LogEntryOf,
	LogHostOf,
	LogLimits,
	LogPosition,
	LogReaderOf,
	LogRecordOf,
} from "./event-log-types.js";

export const ADA: LogReaderOf = { clientId: "ada", groups: ["news"] };

/** So many events that a log has trimmed the first ones: an engine may trim in blocks. */
export const FAR_BEYOND = 1_000;

const HOST: LogHostOf = {
	history: {},
	appendTimeoutMs: 0,
	deliver: () => {},
	onBreak: () => {
		throw new Error("the log broke off");
	},
	obey: () => {},
	onError: (error) => {
		throw error;
	},
};

export interface EventLogFixture {
	readonly harness: EventLogHarness;
	/** The log opened last. */
	readonly log: EventLogOf;
	/** What the logs of `start` delivered in this test. */
	readonly delivered: readonly LogRecordOf[];
	/** Opens a log that delivers to this function. */
	open(deliver: DeliverOf, history?: LogLimits): Promise<EventLogOf>;
	/** Opens a log that delivers to `delivered`. */
	start(limits?: LogLimits): Promise<void>;
	/** The position of the log. */
	here(of?: EventLogOf): LogPosition;
	/** Appends an event and waits until the log has delivered it. */
	append(data: string, entry?: Partial<LogEntryOf>, to?: EventLogOf): Promise<LogPosition>;
	appendMany(count: number, entry?: Partial<LogEntryOf>): Promise<void>;
	/** The data of what a reader missed since a position, page by page; or the reason why the log cannot say. */
	missed(after: LogPosition, reader?: LogReaderOf, upTo?: LogPosition): Promise<string[] | string>;
}

/** Makes the fixture for the tests of this `describe`. */
export function useEventLog(harness: EventLogHarness): EventLogFixture {
	let log: EventLogOf;
	let delivered: LogRecordOf[];
	const opened: EventLogOf[] = [];

	const open = async (deliver: DeliverOf, history: LogLimits = {}): Promise<EventLogOf> => {
		log = await harness.make();
		opened.push(log);
		await log.open({ ...HOST, history, deliver });
		return log;
	};
	const start = async (limits: LogLimits = {}): Promise<void> => {
		await open((record) => delivered.push(record), limits);
	};
	const here = (of: EventLogOf = log): LogPosition => {
		if (of.position === undefined) throw new Error("the log is not open");
		return of.position;
	};
	beforeEach(() => {
		delivered = [];
	});
	afterEach(async () => {
		for (const each of opened.splice(0)) await each.close();
	});

	const append = async (
		data: string,
		entry: Partial<LogEntryOf> = {},
		to: EventLogOf = log,
	): Promise<LogPosition> => {
		const position = await to.append({ target: {}, ...entry, fields: { data } });
		await eventually(() => here(to).sequence >= position.sequence, `delivery of ${data}`);
		return position;
	};
	const appendMany = async (count: number, entry: Partial<LogEntryOf> = {}): Promise<void> => {
		const positions = await Promise.all(
			Array.from({ length: count }, (_, index) =>
				log.append({ target: {}, ...entry, fields: { data: `${index}` } }),
			),
		);
		const last = Math.max(...positions.map(({ sequence }) => sequence));
		await eventually(() => here().sequence >= last, "delivery of all");
	};
	const missed = async (
		after: LogPosition,
		reader: LogReaderOf = ADA,
		upTo: LogPosition = here(),
	): Promise<string[] | string> => {
		const records: LogRecordOf[] = [];
		for (let from = after; ; ) {
			const page = await log.readAfter(from, upTo, reader);
			if (typeof page === "string") return page;
			expect(page.upTo.sequence).toBeGreaterThanOrEqual(from.sequence);
			records.push(...page.records);
			if (page.upTo.sequence >= upTo.sequence) return records.map(dataOf);
			expect(page.upTo.sequence, "the next page").toBeGreaterThan(from.sequence);
			from = page.upTo;
		}
	};

	return {
		harness,
		get log() {
			return log;
		},
		get delivered() {
			return delivered;
		},
		open,
		start,
		here,
		append,
		appendMany,
		missed,
	};
}

export function dataOf({ frame }: LogRecordOf): string {
	return /^data: (.*)$/m.exec(new TextDecoder().decode(frame.bytes))?.[1] ?? "";
}
