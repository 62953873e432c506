/**
 * What every event log promises, in memory or on an engine. Nothing here assumes that a log answers at once.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, inTime } from "./waiting.js";

// The core's own types say the same: it is tested with this package, so this one cannot depend on it.

export interface LogPosition {
	readonly epoch: string;
	readonly sequence: number;
	readonly tag: string;
}

export interface LogEntryOf {
	readonly target: {
		readonly client?: string | undefined;
		readonly group?: string | undefined;
		readonly exceptClient?: string | undefined;
	};
	readonly fields: { readonly data: string };
	readonly key?: string | undefined;
	readonly ttlMs?: number | undefined;
	readonly idempotencyKey?: string | undefined;
}

export interface LogRecordOf {
	readonly position: LogPosition;
	readonly frame: { readonly bytes: Uint8Array };
}

export interface LogReaderOf {
	readonly clientId: string;
	readonly groups: readonly string[];
	readonly ownGroups?: readonly string[];
}

interface LogPage {
	readonly records: readonly LogRecordOf[];
	readonly upTo: LogPosition;
}

type DeliverOf = (record: LogRecordOf) => void;

export interface LogHostOf {
	readonly history: LogLimits;
	readonly appendTimeoutMs: number;
	deliver: DeliverOf;
	onBreak(from: LogPosition): void;
	obey(command: object): void;
	onError(error: unknown): void;
}

export interface EventLogOf {
	readonly position: LogPosition | undefined;
	open(host: LogHostOf): LogPosition | Promise<LogPosition>;
	append(entry: LogEntryOf, deliver?: DeliverOf): LogPosition | Promise<LogPosition>;
	readAfter(
		after: LogPosition,
		upTo: LogPosition,
		reader: LogReaderOf,
	): LogPage | string | Promise<LogPage | string>;
	readLatest(reader: LogReaderOf): readonly LogRecordOf[] | Promise<readonly LogRecordOf[]>;
	keepsLatest(group: string): boolean;
	stats(): { readonly events: number; readonly bytes: number };
	close(): void | Promise<void>;
}

/** How much is kept, as the option `history` of a service says it. */
export interface LogLimits {
	readonly maxEvents?: number;
	readonly maxBytes?: number;
	readonly maxAgeMs?: number;
	readonly groups?: Readonly<Record<string, LogLimits & { readonly latest?: boolean }>>;
}

export interface EventLogHarness {
	/** A new log, which has nothing to do with those before it. */
	make(): EventLogOf | Promise<EventLogOf>;
	/** Have so much time pass for the log. */
	pass(ms: number): void | Promise<void>;
	/** What the log that was made last keeps elsewhere than in the memory of this process is gone. */
	forget?(): void | Promise<void>;
	/** It keeps no event more than it must, and nothing else in memory. */
	readonly isExact: boolean;
}

const ADA: LogReaderOf = { clientId: "ada", groups: ["news"] };

// An engine may trim in blocks.
const FAR_BEYOND = 1_000;

const HOST: LogHostOf = {
	history: {},
	appendTimeoutMs: 0,
	deliver: () => {},
	onBreak: () => {
		throw new Error("the log has broken off");
	},
	obey: () => {},
	onError: (error) => {
		throw error;
	},
};

/** Run the claims over one kind of log. */
export function describeEventLog(name: string, harness: EventLogHarness): void {
	describe(name, () => {
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
			if (of.position === undefined) throw new Error("it is not open");
			return of.position;
		};
		beforeEach(() => {
			delivered = [];
		});
		afterEach(async () => {
			for (const each of opened.splice(0)) await each.close();
		});

		/** Append an event, and wait until it is delivered here. */
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
		/** What a reader missed since a position, page by page; or why it cannot be had. */
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

		describe("delivers", () => {
			it("what is appended, in its order, each once, and leaves no number out", async () => {
				await start();
				const before = here().sequence;
				const begun = performance.now();
				await appendMany(300);
				const sequences = delivered.map(({ position }) => position.sequence);
				expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
				// A log that processes share proves every two seconds that it stores, which takes a number.
				const proofs = harness.isExact ? 0 : 2 + (performance.now() - begun) / 1_000;
				expect((sequences.at(-1) ?? 0) - before - 300).toBeLessThanOrEqual(proofs);
				expect(new Set(delivered.map(dataOf)).size).toBe(300);
			});

			it("what is appended while an event is being delivered after that one", async () => {
				const events: string[] = [];
				await open((record) => {
					const data = dataOf(record);
					events.push(`${data} begins`);
					if (data.length < 3) void log.append({ target: {}, fields: { data: `${data}+` } });
					events.push(`${data} ends`);
				});
				await log.append({ target: {}, fields: { data: "1" } });
				await eventually(() => events.length === 6, "three deliveries");
				expect(events).toEqual(
					["1", "1+", "1++"].flatMap((data) => [`${data} begins`, `${data} ends`]),
				);
			});

			it("an event to what it was appended with, in its turn, instead of to the host", async () => {
				const data: string[] = [];
				await open((record) => data.push(`host: ${dataOf(record)}`));
				const own = (record: LogRecordOf): void => void data.push(`own: ${dataOf(record)}`);
				await log.append({ target: {}, fields: { data: "1" } });
				await log.append({ target: {}, fields: { data: "2" } }, own);
				await log.append({ target: {}, fields: { data: "3" } });
				await eventually(() => data.length === 3, "three deliveries");
				expect(data).toEqual(["host: 1", "own: 2", "host: 3"]);
			});

			it("nothing once it is closed", async () => {
				await start();
				await append("1");
				await log.close();
				await expect(append("2")).rejects.toMatchObject({ code: "ERR_SSE_SERVICE_CLOSED" });
				expect(delivered.map(dataOf)).toEqual(["1"]);
			});
		});

		describe("append", () => {
			it("answers the position that the event is delivered with", async () => {
				await start();
				const position = await append("1");
				expect(delivered[0]?.position).toEqual(position);
				expect(here()).toEqual(position);
			});

			it("with the same idempotency key appends once, and answers the first position", async () => {
				await start();
				const first = await append("1", { idempotencyKey: "once" });
				await append("2");
				expect(await append("3", { idempotencyKey: "once" })).toEqual(first);
				await append("4", { idempotencyKey: "other" });
				expect(delivered.map(dataOf)).toEqual(["1", "2", "4"]);
			});
		});

		describe("gives a reader", () => {
			it("all that was for its client, its groups and everyone, in order, and nothing else", async () => {
				await start();
				const after = here();
				await append("everyone");
				await append("news", { target: { group: "news" } });
				await append("sports", { target: { group: "sports" } });
				await append("ada", { target: { client: "ada" } });
				await append("bob", { target: { client: "bob" } });
				await append("ada in news", { target: { client: "ada", group: "news" } });
				await append("ada in sports", { target: { client: "ada", group: "sports" } });
				await append("not ada", { target: { exceptClient: "ada" } });
				await append("not ada in news", { target: { group: "news", exceptClient: "ada" } });
				await append("not bob in news", { target: { group: "news", exceptClient: "bob" } });
				expect(await missed(after)).toEqual([
					"everyone",
					"news",
					"ada",
					"ada in news",
					"not bob in news",
				]);
				expect(await missed(after, { clientId: "ada", groups: [], ownGroups: ["news"] })).toEqual([
					"everyone",
					"ada",
					"ada in news",
				]);
			});

			it("nothing at the end, and nothing that is after the position it reads up to", async () => {
				await start();
				const after = here();
				const upTo = await append("1");
				await append("2");
				expect(await missed(after, ADA, upTo)).toEqual(["1"]);
				expect(await missed(here())).toEqual([]);
			});

			it("any number of events, page by page", async () => {
				await start();
				const after = here();
				for (const group of ["news", "sports"]) await appendMany(700, { target: { group } });
				await appendMany(700, { target: { client: "ada" } });
				const all = delivered.map(dataOf);
				expect(await missed(after)).toEqual([...all.slice(0, 700), ...all.slice(1_400)]);
			});

			it("no event whose time is over, and misses none by that", async () => {
				await start();
				let after = here();
				const atFirst = await inTime(900, async () => {
					after = here();
					await append("short", { ttlMs: 1_000 });
					await append("long", { ttlMs: 600_000 });
					await append("never", { ttlMs: 0 });
					return missed(after);
				});
				expect(atFirst).toEqual(["short", "long"]);
				await harness.pass(1_000);
				expect(await missed(after)).toEqual(["long"]);
			});

			it("of the events with one key to one target only the newest", async () => {
				await start();
				const after = here();
				await append("1", { key: "A" });
				await append("2", { key: "B" });
				await append("3", { key: "A", target: { group: "news" } });
				await append("4", { key: "A" });
				await append("5");
				await append("6");
				expect(await missed(after)).toEqual(["2", "3", "4", "5", "6"]);
			});
		});

		describe("a group that keeps its newest events", () => {
			const latest = async (groups: readonly string[]): Promise<string[]> =>
				(await log.readLatest({ clientId: "ada", groups })).map(dataOf);

			it("gives these, and one without a key replaces the last without", async () => {
				await start({ groups: { prices: { latest: true } } });
				const prices = { target: { group: "prices" } };
				await append("A1", { ...prices, key: "A" });
				await append("1", prices);
				await append("A2", { ...prices, key: "A" });
				await append("B1", { ...prices, key: "B" });
				await append("2", prices);
				await append("own", { target: { client: "ada", group: "prices" } });
				await append("other", { target: { group: "news" } });
				await append("B2", { target: { group: "prices", exceptClient: "ada" }, key: "B" });
				// To ada, who was excluded from B2, B1 is still the newest.
				expect(await latest(["prices", "news"])).toEqual(["A2", "B1", "2"]);
				expect(await latest(["news"])).toEqual([]);
				expect(log.keepsLatest("prices")).toBe(true);
				expect(log.keepsLatest("news")).toBe(false);
			});

			it("keeps them however old they are, but none whose time is over", async () => {
				await start({ maxAgeMs: 1_000, groups: { prices: { latest: true } } });
				const prices = { target: { group: "prices" } };
				await append("A1", { ...prices, key: "A" });
				await append("B1", { ...prices, key: "B", ttlMs: 500 });
				await harness.pass(1_000);
				expect(await latest(["prices"])).toEqual(["A1"]);
			});

			it("may be one of a pattern, unless it has a rule of its own or of a longer pattern", async () => {
				const groups = { "job:*": { latest: true }, "job:x:*": {}, "job:7": {} };
				await start({ groups: { ...groups, "job:x:9*": { latest: true } } });
				for (const data of ["old", "new"]) {
					for (const group of ["job:1", "job:2", "job:7", "job:x:1", "job:x:9", "jobs"]) {
						await append(`${group} ${data}`, { target: { group } });
					}
					await append(`to all ${data}`);
				}
				expect(await latest(["job:2", "job:7", "job:1", "job:x:1", "job:x:9", "jobs"])).toEqual([
					...["job:1 new", "job:2 new", "job:x:9 new"],
				]);
				expect(await latest(["job:1"])).toEqual(["job:1 new"]);
				expect(log.keepsLatest("job:2")).toBe(true);
				expect(log.keepsLatest("job:7")).toBe(false);
			});

			it("shares the limits of its pattern, which are not for events to everyone", async () => {
				await start({ groups: { "*": { latest: true, maxEvents: 2 } } });
				const after = here();
				for (const group of ["a", "b", "c", "b"]) await append(group, { target: { group } });
				for (let count = 0; count < 3; count++) await append("more for everyone");
				expect(await latest(["a", "b", "c"])).toEqual(["c", "b"]);
				expect(await missed(after)).toEqual(Array(3).fill("more for everyone"));
			});
		});

		describe("fails a reader", () => {
			it.each<[string, LogLimits]>([
				["number", { maxEvents: 10 }],
				["bytes", { maxBytes: 10_000 }],
			])("who missed events that are beyond the bound in %s: expired", async (_, limits) => {
				await start(limits);
				const after = here();
				await appendMany(FAR_BEYOND);
				await harness.forget?.();
				expect(await missed(after)).toBe("expired");
				expect(await missed(await append("1"))).toEqual([]);
				const { events, bytes } = log.stats();
				if (harness.isExact) {
					expect(events).toBeLessThanOrEqual(limits.maxEvents ?? Infinity);
					// Besides the events, what is remembered of those that are gone is counted.
					expect(bytes).toBeLessThan((limits.maxBytes ?? Infinity) * 1.1);
				}
			});

			it("who missed events that are too old: expired", async () => {
				await start({ maxAgeMs: 1_000 });
				// On a busy machine the second may be too old as well when it is read: then once more.
				for (let isInTime = false; !isInTime; ) {
					const after = here();
					await append("1");
					const first = here();
					await harness.pass(600);
					const begun = performance.now();
					await append("2");
					await harness.pass(600);
					await harness.forget?.();
					const [old, young] = [await missed(after), await missed(first)];
					isInTime = performance.now() - begun < 950;
					expect(old).toBe("expired");
					if (isInTime) expect(young).toEqual(["2"]);
				}
			});

			it("never who missed nothing of what is no longer kept", async () => {
				await start({ maxEvents: 10 });
				const after = here();
				await append("sports", { target: { group: "sports" } });
				await append("bob", { target: { client: "bob" } });
				await append("not ada", { target: { exceptClient: "ada" } });
				await append("over", { ttlMs: 0 });
				await append("old", { key: "A" });
				await appendMany(10, { target: { client: "bob" } });
				await append("new", { key: "A" });
				await harness.forget?.();
				expect(await missed(after)).toEqual(["new"]);
				expect(await missed(after, { clientId: "bob", groups: [] })).toBe("expired");
				expect(await missed(after, { clientId: "cleo", groups: ["sports"] })).toBe("expired");
				expect(await missed(after, { clientId: "cleo", groups: [] })).toBe("expired");
			});

			it("by the bounds of each group, which are its own", async () => {
				await start({
					maxEvents: 10,
					groups: { news: { maxEvents: 2 * FAR_BEYOND }, sports: { maxEvents: 10 } },
				});
				const after = here();
				await append("1", { target: { group: "news" } });
				await appendMany(FAR_BEYOND, { target: { client: "bob" } });
				await append("2", { target: { group: "news" } });
				await harness.forget?.();
				expect(await missed(after)).toEqual(["1", "2"]);
				await appendMany(FAR_BEYOND, { target: { group: "sports" } });
				await harness.forget?.();
				const sports = { clientId: "cleo", groups: ["sports"] };
				expect(await missed(after, sports)).toBe("expired");
				await append("3", { target: { client: "cleo" } });
				expect(await missed(delivered.at(-2)?.position ?? after, sports)).toEqual(["3"]);
			});

			it("whose position is of another log: epoch", async () => {
				await open(() => {});
				const position = await append("1");
				await start();
				await append("1");
				expect(await missed(position)).toBe("epoch");
			});

			it("whose position is another event's, or none: diverged", async () => {
				await start();
				const position = await append("1");
				await append("2");
				expect(await missed({ ...position, tag: `${position.tag}x` })).toBe("diverged");
				expect(await missed({ ...position, sequence: position.sequence + 1 })).toBe("diverged");
				const ahead = { ...here(), sequence: here().sequence + 1 };
				expect(await missed(ahead, ADA, ahead)).toBe("diverged");
			});
		});

		it("says what it holds", async () => {
			await start();
			expect(log.stats().events).toBe(0);
			await append("x".repeat(10_000));
			expect(log.stats().events).toBe(1);
			expect(log.stats().bytes).toBeGreaterThanOrEqual(10_000);
		});
	});
}

function dataOf({ frame }: LogRecordOf): string {
	return /^data: (.*)$/m.exec(new TextDecoder().decode(frame.bytes))?.[1] ?? "";
}
