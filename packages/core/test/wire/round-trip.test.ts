import { eventually, sizeOf } from "@sse-service/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectSSE, getDefaultService, type SSEMessage, sendSSEToAll } from "../../src/index.js";
import { eventsource, type ToldEvent } from "./clients.js";
import { arrivalOf, hostileEvent } from "./events.js";
import { type Live, QUIET, startLive } from "./live.js";

const EVENTS = sizeOf({ usual: 400, long: 5_000 });
const RUNS = EVENTS / 50;
const LAST: SSEMessage = { event: "last", data: "the last one" };

/** All the runs together have `EVENTS` of them, whatever lengths are generated. */
const events = fc.array(hostileEvent, { minLength: EVENTS / RUNS, maxLength: (2 * EVENTS) / RUNS });

let live: Live;
let documented: Live;
beforeAll(async () => {
	live = await startLive();
	documented = await startLive({ service: getDefaultService(QUIET), connect: connectSSE });
});
afterAll(async () => {
	await live.close();
	await documented.close();
});

test(`${EVENTS} generated events come back from eventsource-parser and from eventsource as they were sent, in order`, async () => {
	let count = 0;
	await fc.assert(
		fc.asyncProperty(events, async (sent) => {
			count += sent.length;
			await roundTrip(live, sent, ({ data, ...options }) =>
				live.service.send("all", data, options as object),
			);
		}),
		{ numRuns: RUNS },
	);
	expect(count).toBeGreaterThanOrEqual(EVENTS);
});

test(`${EVENTS} more do through connectSSE and sendSSEToAll`, async () => {
	let count = 0;
	await fc.assert(
		fc.asyncProperty(events, async (sent) => {
			count += sent.length;
			await roundTrip(documented, sent, ({ data, ...options }) => sendSSEToAll(data, options));
		}),
		{ numRuns: RUNS },
	);
	expect(count).toBeGreaterThanOrEqual(EVENTS);
});

test(`and ${EVENTS} more through pipe, each item made into an event`, async () => {
	await fc.assert(
		fc.asyncProperty(events, async (sent) => {
			const { connection, stream } = await live.open();
			const count = await connection.pipe([...sent, LAST], { toEvent: (event) => event });
			expect(count).toBe(sent.length + 1);
			await stream.until(() => stream.events.at(-1)?.data === LAST.data);
			connection.close();
			expect(lastEventIds(stream.events)).toEqual(arrivalOf([...sent, LAST]));
		}),
		{ numRuns: RUNS },
	);
});

/** Sends events to two clients, and compares what each received with what was sent. */
async function roundTrip(
	to: Live,
	sent: readonly SSEMessage[],
	send: (event: SSEMessage) => number,
): Promise<void> {
	const all = [...sent, LAST];
	const expected = arrivalOf(all);

	const { connection, stream } = await to.open();
	const told: ToldEvent[] = [];
	const types = expected.map(({ type }) => type);
	const close = eventsource.open(
		to.url,
		({ type, data, lastEventId }) => told.push({ type, data, lastEventId }),
		types,
	);
	const other = await to.next();

	try {
		for (const event of all) expect(send(event)).toBe(2);
		await stream.until(() => stream.events.at(-1)?.data === LAST.data);
		await eventually(() => told.at(-1)?.data === LAST.data, "the last event at eventsource");
	} finally {
		close();
		other.close();
		connection.close();
	}

	expect(lastEventIds(stream.events)).toEqual(expected);
	expect(told).toEqual(
		expected.map((event, index) => eventsource.deviation?.(event, all[index] ?? LAST)),
	);
}

/** eventsource-parser tells each event's own id. */
function lastEventIds(
	received: readonly { event?: string | undefined; data: string; id?: string | undefined }[],
): ToldEvent[] {
	let lastEventId = "";
	return received.map(({ event, data, id }) => {
		lastEventId = id ?? lastEventId;
		return { type: event ?? "message", data, lastEventId };
	});
}
