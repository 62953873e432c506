import { sizeOf } from "@sse-service/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SSEMessage } from "../../src/index.js";
import { hostileString, textOf } from "./events.js";
import { type Live, startLive } from "./live.js";
import { interpret } from "./specification.js";

let live: Live;
beforeAll(async () => {
	live = await startLive();
});
afterAll(() => live.close());

const MESSAGES = sizeOf({ usual: 2_000, long: 10_000 });
const RUNS = MESSAGES / 100;
const messages = { minLength: MESSAGES / RUNS, maxLength: MESSAGES / RUNS };

// Nothing but what ends a line, a field or an event, and what begins one.
const injection = fc
	.array(
		fc.constantFrom(
			..."\n \r \r\n data: data:x id: id:x event: event:x retry:1 : \0 \u{feff} \u{85} \u{2028} \u{2029} \ud800 \udc00 😀 x".split(
				" ",
			),
			" ",
			"",
		),
		{ maxLength: 24 },
	)
	.map((tokens) => tokens.join(""));

test(`${MESSAGES} messages made of the stream's own tokens are as many events, with neither type nor id`, async () => {
	let count = 0;
	await fc.assert(
		fc.asyncProperty(fc.array(injection, messages), async (texts) => {
			count += texts.length;
			const stream = await live.record((connection) => {
				for (const text of texts) connection.send(text);
			});
			const expected = texts.map((text) => ({
				type: "message",
				data: textOf(text),
				lastEventId: "",
			}));
			expect(interpret(stream)).toEqual({ events: expected, reconnectionTimes: [] });
		}),
		{ numRuns: RUNS },
	);
	expect(count).toBeGreaterThanOrEqual(MESSAGES);
});

test(`${MESSAGES} messages that hold such strings as values, names and JSON of their own are as many events`, async () => {
	const message = fc.oneof(
		fc.array(injection, { maxLength: 3 }),
		fc.dictionary(injection, injection, { maxKeys: 3 }),
		injection.map((text) => ({ toJSON: () => text })),
		injection.map((text) => ({ toJSON: () => ({ [text]: text }) })),
	);
	let count = 0;
	await fc.assert(
		fc.asyncProperty(fc.array(message, messages), async (values) => {
			count += values.length;
			const stream = await live.record((connection) => {
				for (const value of values) connection.send(value);
			});
			const expected = values.map((value) => ({
				type: "message",
				data: JSON.stringify(value),
				lastEventId: "",
			}));
			expect(interpret(stream)).toEqual({ events: expected, reconnectionTimes: [] });
		}),
		{ numRuns: RUNS },
	);
	expect(count).toBeGreaterThanOrEqual(MESSAGES);
});

test("any string as type and id is refused, or is one event that has them as they are", async () => {
	let accepted = 0;
	let refused = 0;
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.record({ data: injection, event: injection, id: hostileString }), {
				minLength: 50,
				maxLength: 50,
			}),
			async (events) => {
				const arrived: SSEMessage[] = [];
				const stream = await live.record((connection) => {
					for (const { data, event, id } of events) {
						try {
							connection.send(data, { event, id });
						} catch (error) {
							expect(error).toMatchObject({
								code: expect.stringMatching(/^ERR_SSE_INVALID_(EVENT|ID)$/),
							});
							refused++;
							continue;
						}
						arrived.push({ data, event, id });
					}
				});
				accepted += arrived.length;
				const expected = arrived.map(({ data, event, id }) => ({
					type: event || "message",
					data: textOf(data),
					lastEventId: id,
				}));
				expect(interpret(stream)).toEqual({ events: expected, reconnectionTimes: [] });
			},
		),
		{ numRuns: RUNS },
	);
	// Both happen, so neither half of the claim is empty.
	expect(accepted).toBeGreaterThan(100);
	expect(refused).toBeGreaterThan(100);
});
