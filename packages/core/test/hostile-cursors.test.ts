/**
 * Last event IDs that nobody ever received: each is answered with a gap, or is a position of the log, and what is
 * done for it is bounded.
 *
 * `SSE_CURSORS` sets how many strings are tried, `SSE_CURSORS_SEED` which.
 */
import { openStream, sizeOf, startServer } from "@sse-service/testing";
import { expect, it } from "vitest";
import type { Replayed } from "../src/connection/feed.js";
import type { EventLog } from "../src/event-log/event-log.js";
import { Notices } from "../src/history/notices.js";
import type { Origin } from "../src/history/origin.js";
import { replay } from "../src/history/replay.js";
import { createSSEService, type SSEConnection } from "../src/index.js";
import { Limiter } from "../src/pacing/limiter.js";
import type { ResumeOutcome } from "../src/types/history.js";
import { encodeCursor, type Position, parseCursor } from "../src/wire/cursor.js";
import { HostileCursors } from "./hostile-cursors.js";
import { openLog } from "./open-log.js";

const COUNT = Number(process.env.SSE_CURSORS ?? sizeOf({ usual: 3_000, long: 200_000 }));
const SEED = Number(process.env.SSE_CURSORS_SEED ?? Math.floor(Math.random() * 2 ** 31));

const EVENTS = 60;
const KEPT = 20;

/** Returns the past position of a log that an id names, if any. */
function positionIn(had: readonly Position[], id: string): Position | undefined {
	return had.find((position) => {
		const own = encodeCursor(position);
		return id === own || id === `${own}~` || id.startsWith(`${own};`) || id.startsWith(`${own}~;`);
	});
}

it(`${COUNT} strings: each is a gap, or a position that the log has`, () => {
	const { log, had } = openLog({ maxEvents: KEPT });
	for (let index = 0; index < EVENTS; index++)
		log.append({ target: {}, fields: { data: `${index}` } });
	const hostile = new HostileCursors(
		SEED,
		had.map((position) => encodeCursor(position)),
	);
	const notices = new Notices("gap");
	const outcomes = new Map<string, number>();

	for (let count = 0; count < COUNT; count++) {
		const lastEventId = hostile.next();
		const { outcome, frames, reads } = outcomeOf(log, had.at(-1) as Position, notices, lastEventId);
		const told = `seed ${SEED}, number ${count}: ${JSON.stringify(lastEventId.slice(0, 200))}`;
		const position = positionIn(had, lastEventId);
		if (outcome === "replayed") {
			if (position === undefined) throw new Error(`${told} is resumed`);
			const missed = EVENTS - position.sequence;
			// Two of them may be ids: that it has yet to receive the state, and that it has received all.
			if (frames > missed + 2) throw new Error(`${told} is given ${frames} events`);
		} else if (frames !== 1) throw new Error(`${told}: ${frames} frames`);
		if (position !== undefined && outcome !== "replayed" && outcome !== "expired") {
			throw new Error(`${told} is refused: ${outcome}`);
		}
		if (reads > 1) throw new Error(`${told} is read ${reads} times`);
		outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
	}
	// Every kind of answer was among them.
	expect([...outcomes.keys()].sort()).toEqual([
		"diverged",
		"epoch",
		"expired",
		"invalid",
		"replayed",
	]);
});

/** What a client with this last event ID receives. */
function outcomeOf(
	log: EventLog,
	upTo: Position,
	notices: Notices,
	lastEventId: string,
): { readonly outcome: ResumeOutcome; readonly frames: number; readonly reads: number } {
	let outcome: ResumeOutcome | undefined;
	let reads = 0;
	const counted: EventLog = {
		position: log.position,
		open: (logHost) => log.open(logHost),
		append: (entry) => log.append(entry),
		readAfter: (...range) => {
			reads++;
			return log.readAfter(...range);
		},
		readLatest: (reader) => log.readLatest(reader),
		keepsLatest: (group) => log.keepsLatest(group),
		stats: () => log.stats(),
		close: () => log.close(),
	};
	const client: Replayed = {
		clientId: "ada",
		signal: new AbortController().signal,
		memberships: new Set(["news"]),
		startAt: () => {},
		relyOn: () => {},
		dropBehindFeed: () => false,
		insert: () => true,
		onResuming: () => {},
		onResumed: (told) => {
			outcome = told;
		},
	};
	const host = {
		log: counted,
		notices,
		recoverTimeoutMs: 0,
		recoverWaitMs: 0,
		maxCatchUpEvents: Infinity,
		recoverTurns: new Limiter(1),
		comeUp: (_client: Replayed, _origin: Origin, upTo: Position) => upTo,
		retarget: () => {},
		recovery: { recover: () => false as const, encode: () => notices.drop },
		onError: (error: unknown) => {
			throw error;
		},
	};
	let frames = 0;
	for (const given of replay(
		host,
		client,
		{ id: lastEventId, cursor: parseCursor(lastEventId) },
		{ upTo, isMoved: false, isPartial: false, isAhead: true },
	)) {
		if (given instanceof Promise) throw new Error("nothing is awaited");
		frames += given.length;
	}
	if (outcome === undefined) throw new Error("it came to nothing");
	return { outcome, frames, reads };
}

it("a few hundred reach a server, by the header and by each spelling of the query: the same", async () => {
	const sse = createSSEService({ history: { maxEvents: KEPT }, heartbeatIntervalMs: 0 });
	let connection: SSEConnection | undefined;
	const server = await startServer((req, res) => {
		({ connection } = sse.connect({ req, res, clientId: "ada" }));
	});
	try {
		const had = await positionsOf(server.url, () => sse.send("all", "1"));
		const hostile = new HostileCursors(SEED, had);
		const positions = had.flatMap((id) => parseCursor(id)?.position ?? []);
		for (let count = 0; count < 400; count++) {
			// What no client can send: a URL has no lone surrogate, and no header has a control character or begins or ends
			// with a space. A server refuses 16 KiB of headers itself, and in a URL a character takes up to 9 bytes.
			const id = hostile
				.next()
				.slice(0, 1_500)
				// Behind the cut, which may go through a pair.
				.toWellFormed()
				.replace(/[\0-\x20\x7f]/g, "");
			const spelling = [undefined, "lastEventId", "last-event-id", "last_event_id"][count % 4];
			const stream =
				spelling === undefined
					? await openStream(server.url, { headers: { "last-event-id": bytesOf(id) } })
					: await openStream(`${server.url}/?x=1&${spelling}=${encodeURIComponent(id)}`);
			const told = `seed ${SEED}, number ${count}, by ${spelling ?? "header"}: ${JSON.stringify(id)}`;
			// An empty header is none; an empty parameter is a client that has none.
			const isNone = id === "" && spelling === undefined;
			expect(connection?.lastEventId, told).toBe(isNone ? undefined : id);
			sse.send({ client: "ada" }, "live");
			await stream.until(() => stream.events.some(({ data }) => data === "live"));
			const gaps = stream.events.filter(({ event }) => event === "gap").length;
			const isResumed = connection?.resumed === true;
			expect(gaps, told).toBe(isResumed || isNone ? 0 : 1);
			if (isResumed) expect(positionIn(positions, id), told).toBeDefined();
			stream.abort();
		}
	} finally {
		await sse.close();
		await server.destroy();
	}
});

/** The ids of a stream to which events are sent. */
async function positionsOf(url: string, send: () => unknown): Promise<string[]> {
	const stream = await openStream(url);
	for (let index = 0; index < EVENTS; index++) send();
	const events = await stream.take(EVENTS);
	stream.abort();
	return events.flatMap(({ id }) => id ?? []);
}

/** UTF-8, as a header holds it. */
function bytesOf(text: string): string {
	return Buffer.from(text).toString("latin1");
}
