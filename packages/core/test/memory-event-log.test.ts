/**
 * The event log in memory: what it returns, what it holds, and what it drops.
 */
import { sizeOf } from "@sse-service/testing";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { EventLog, LogReader, Page } from "../src/event-log/event-log.js";
import { type LogEntry, LogRecord } from "../src/event-log/record.js";
import { RecordStore } from "../src/event-log/record-store.js";
import { readRetention } from "../src/event-log/retention.js";
import type { Audience } from "../src/types/target.js";
import type { Position } from "../src/wire/cursor.js";
import { openLog } from "./open-log.js";

let log: EventLog;
let start: Position;
let had: Position[];

function open(history: Parameters<typeof openLog>[0]): void {
	({ log, had } = openLog(history));
	start = newest();
}

function newest(): Position {
	const position = had.at(-1);
	if (position === undefined) throw new Error("there is none");
	return position;
}

function entry(target: Audience, options: Partial<LogEntry> = {}): LogEntry {
	return { target, fields: { data: "x" }, ...options };
}

function reader(...groups: string[]): LogReader {
	return { clientId: "ada", groups };
}

/** What a reader receives from the start, page by page. */
async function pages(from: LogReader): Promise<Page[]> {
	const found: Page[] = [];
	let after = start;
	do {
		const page = await log.readAfter(after, newest(), from);
		if (typeof page === "string") throw new Error(page);
		found.push(page);
		after = page.upTo;
	} while (after.sequence < newest().sequence);
	return found;
}

beforeEach(() => {
	open(true);
});

it("answers a known idempotency key with the first position and own id", async () => {
	const first = await log.append(
		entry({}, { fields: { data: "1", id: "one" }, idempotencyKey: "k" }),
	);
	const again = await log.append(
		entry({}, { fields: { data: "1", id: "two" }, idempotencyKey: "k" }),
	);
	expect(first.ownId).toBe("one");
	expect(again).toEqual(first);
	expect(log.stats().events).toBe(1);
});

it("remembers the newest 10,000 idempotency keys, however few events it keeps, and counts them", async () => {
	open({ maxEvents: Infinity, maxAgeMs: Infinity, maxBytes: 1_000 });
	const publish = async (key: number): Promise<number> =>
		(await log.append(entry({}, { idempotencyKey: `${key}` }))).sequence;
	for (let key = 1; key <= 10_001; key++) await publish(key);
	expect(log.stats().bytes).toBeGreaterThan(10_000 * 200);
	expect(await publish(2)).toBe(2);
	expect(await publish(1)).toBe(10_002);
});

it("drops events that are too old even if nothing is appended, when it reports what it holds", () => {
	vi.useFakeTimers({ toFake: ["Date"] });
	try {
		open({ maxAgeMs: 1_000 });
		log.append(entry({}, { idempotencyKey: "k" }));
		expect(log.stats().events).toBe(1);
		vi.setSystemTime(Date.now() + 1_000);
		expect(log.stats().events).toBe(0);
		expect(log.stats().bytes).toBeLessThan(1_000);
	} finally {
		vi.useRealTimers();
	}
});

it("holds nothing and accepts nothing once it is closed", () => {
	log.append(entry({}, { idempotencyKey: "k" }));
	log.close();
	expect(log.stats()).toEqual({ events: 0, bytes: 0 });
	expect(() => log.append(entry({}))).toThrowError(
		expect.objectContaining({ code: "ERR_SSE_SERVICE_CLOSED" }),
	);
	expect(log.readAfter(start, newest(), reader())).toBe("expired");
});

it("counts and limits what it remembers of events that it no longer keeps", () => {
	open({ maxEvents: 10 });
	for (let client = 0; client < sizeOf({ usual: 700, long: 2_000 }); client++) {
		for (let key = 0; key < 33; key++) {
			log.append(entry({ client: `${client}` }, { key: `${key}${"-".repeat(200)}` }));
		}
	}
	const { bytes } = log.stats();
	expect(bytes).toBeGreaterThan(1024 * 1024);
	expect(bytes).toBeLessThan(4 * 1024 * 1024);
});

describe("an event larger than everything that is kept", () => {
	const large = { fields: { data: "x".repeat(100_000) } };

	beforeEach(() => {
		open({ maxBytes: 50_000 });
		log.append(entry({ group: "quiet" }));
		log.append(entry({ client: "ada" }));
	});

	it("is lost only for its readers", () => {
		log.append(entry({ client: "bob" }, large));
		log.append(entry({ group: "busy" }, large));
		expect(log.readAfter(start, newest(), reader("quiet"))).toMatchObject({
			records: [{ position: { sequence: 1 } }, { position: { sequence: 2 } }],
		});
		expect(log.readAfter(start, newest(), reader("busy"))).toBe("expired");
		expect(log.readAfter(start, newest(), { clientId: "bob", groups: [] })).toBe("expired");
		expect(log.readAfter(newest(), newest(), reader("busy"))).toMatchObject({ records: [] });
		expect(log.stats()).toMatchObject({ events: 2 });
		expect(log.stats().bytes).toBeLessThan(50_000);
	});

	it("stays lost when older ones are dropped later", () => {
		log.append(entry({ group: "quiet" }, large));
		for (let count = 0; count < 100; count++) log.append(entry({ client: "bob" }));
		const { epoch, sequence, tag } = had[2] ?? start;
		expect(log.readAfter({ epoch, sequence, tag }, newest(), reader("quiet"))).toBe("expired");
		expect(log.readAfter(had[3], newest(), reader("quiet"))).toMatchObject({ records: [] });
	});

	it("is lost for everyone but the excluded client", () => {
		log.append(entry({ exceptClient: "ada" }, large));
		expect(log.readAfter(start, newest(), reader())).toMatchObject({ records: [{}] });
		expect(log.readAfter(start, newest(), { clientId: "bob", groups: [] })).toBe("expired");
	});

	it("is not a loss once a newer one of its key has replaced it", () => {
		log.append(entry({ group: "quiet" }, { ...large, key: "k" }));
		expect(log.readAfter(start, newest(), reader("quiet"))).toBe("expired");
		log.append(entry({ group: "quiet" }, { key: "k" }));
		expect(log.readAfter(start, newest(), reader("quiet"))).toMatchObject({
			records: [{}, {}, { position: { sequence: 4 } }],
		});
	});

	it("replaces the older one of its key, and leaves the group's other state", () => {
		open({ groups: { state: { latest: true, maxBytes: 50_000 } } });
		for (const key of ["a", "b"]) log.append(entry({ group: "state" }, { key }));
		log.append(entry({ group: "state" }, { ...large, key: "a" }));
		expect(log.readLatest(reader("state"))).toMatchObject([{ key: "b" }]);
	});
});

it("drops the newest events of a pattern's least recently used groups, and reports the loss", () => {
	open({ groups: { "job:*": { latest: true, maxEvents: 3 } } });
	for (const job of [1, 2, 3, 1, 4, 5]) log.append(entry({ group: `job:${job}` }));
	log.append(entry({ group: "news" }));
	const kept = [1, 2, 3, 4, 5].filter(
		(job) => [log.readLatest(reader(`job:${job}`))].flat().length > 0,
	);
	expect(kept).toEqual([1, 4, 5]);
	for (const job of [2, 3])
		expect(log.readAfter(start, newest(), reader(`job:${job}`))).toBe("expired");
	expect(log.readAfter(start, newest(), reader("job:1"))).toMatchObject({
		records: [{ position: { sequence: 4 } }],
	});
});

it("counts the names of its events, and of targets whose events were dropped", () => {
	const held = (length: number): number => {
		open({ maxEvents: 10 });
		const group = "g".repeat(length);
		for (let index = 0; index < 100; index++) {
			log.append(entry({ client: `${index}`.padStart(length), group }));
		}
		return log.stats().bytes;
	};
	// Each name once in the event, and once in an index. The ids of one log may be some bytes longer than those of another.
	expect(held(256) - held(2)).toBeGreaterThan(100 * 2 * 2 * 253);
});

it("returns events of many groups in the order of the log, each once", async () => {
	const groups = Array.from({ length: 50 }, (_, index) => `group ${index}`);
	for (let index = 0; index < 2_000; index++) {
		log.append(entry({ group: `group ${(index * index) % 61}` }, { key: `${index % 1_500}` }));
	}
	const records = (await pages(reader(...groups))).flatMap((page) => page.records);
	const expected = Array.from({ length: 2_000 }, (_, index) => index).filter((index) => {
		const group = (index * index) % 61;
		const replaced = index < 500 && group === ((index + 1_500) * (index + 1_500)) % 61;
		return group < 50 && !replaced;
	});
	expect(records.map(({ position }) => position.sequence - 1)).toEqual(expected);
});

it("reads a bounded number of events at a time when few of them are for the reader", async () => {
	for (let count = 0; count < 9_000; count++) log.append(entry({ exceptClient: "ada" }));
	log.append(entry({}));
	const first = log.readAfter(start, newest(), reader());
	expect(first).toBeInstanceOf(Promise);
	const found = await pages(reader());
	expect(found.map(({ upTo }) => upTo.sequence)).toEqual([4_096, 8_192, 9_001]);
	expect(found.map(({ records }) => records.length)).toEqual([0, 0, 1]);
});

describe("a reader that begins with what is kept", () => {
	/** News of more than a page, then an event of the room that is lost, and one that is kept. */
	async function beginReading(last: Partial<LogEntry> = {}) {
		open({ groups: { room: { maxEvents: 1 } } });
		for (let sent = 0; sent < 300; sent++) await log.append(entry({ group: "news" }));
		await log.append(entry({ group: "room" }));
		await log.append(entry({ group: "room" }, last));
		const upTo = newest();
		const from: LogReader = { ...reader("news", "room"), forgone: [] };
		const first = await log.readAfter(undefined, upTo, from);
		if (typeof first === "string") throw new Error(first);
		return { from, upTo, at: first.upTo };
	}

	it("goes on past what was lost before", async () => {
		const { from, upTo, at } = await beginReading();
		expect(await log.readAfter(at, upTo, from)).toMatchObject({ upTo: { sequence: 302 } });
		// Others do not.
		expect(await log.readAfter(at, upTo, reader("news", "room"))).toBe("expired");
	});

	it("fails if it lacks what is lost since then", async () => {
		const { from, upTo, at } = await beginReading();
		await log.append(entry({ group: "room" }));
		expect(await log.readAfter(at, upTo, from)).toBe("expired");
	});

	// A copy of an engine's log takes the newest events of groups from before its beginning, in the order of the groups.
	it("fails also where earlier events came after others had been lost", () => {
		const store = new RecordStore(
			readRetention({ groups: { prices: { maxEvents: 3 }, "doc:*": { maxEvents: 1 } } }),
		);
		const add = (group: string, sequence: number): void =>
			store.add(new LogRecord({ epoch: "e", sequence, tag: "t" }, entry({ group }), 0));
		for (let sent = 0; sent < 10_010; sent++) add(`doc:${sent}`, 1_000 + sent);
		for (const sequence of [1, 2, 3]) add("prices", sequence);
		const from: LogReader = { ...reader("prices"), forgone: [] };
		expect(store.after(undefined, from, 0)).toBeDefined();
		add("prices", 20_000);
		expect(store.after(1, from, 0)).toBeDefined();
		add("prices", 20_001);
		expect(store.after(1, from, 0)).toBeUndefined();
	});

	it("does not fail because of what has expired since then", async () => {
		vi.useFakeTimers({ toFake: ["Date"] });
		onTestFinished(() => void vi.useRealTimers());
		const { from, upTo, at } = await beginReading({ ttlMs: 1_000 });
		vi.advanceTimersByTime(1_000);
		await log.append(entry({ group: "room" }));
		expect(await log.readAfter(at, upTo, from)).toMatchObject({ upTo: { sequence: 302 } });
	});
});
