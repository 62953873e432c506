/**
 * The property of an event store: a replay has every later message, in order and once, or is refused, in each process. Segments
 * are small. Two processes write the stream in turn; or one does, whose store fails, before or after a call has taken effect.
 */
import { createRandom, sizeOf } from "@sse-service/testing";
import { createMemoryRunStore } from "sse-service/runs";
import { describe, expect, it } from "vitest";
import { createMcpEvents, type SessionEvents } from "../src/index.js";

const SEEDS = Array.from({ length: sizeOf({ usual: 20, long: 500 }) }, (_, index) => index + 1);
const MESSAGES = 40;
const FAILING = ["write", "claim", "cancel", "settle", "snapshot"] as const;

describe.each([
	["a store that never fails", 0],
	["a store that fails now and then", 4],
])("with %s", (_name, rate) => {
	it.each(SEEDS)("never skips a message: seed %i", async (seed) => {
		const random = createRandom(seed);
		const store = createMemoryRunStore();
		let isFailing = false;
		for (const method of FAILING) {
			const call = store[method].bind(store) as (...args: unknown[]) => Promise<unknown>;
			const failing = async (...args: unknown[]): Promise<unknown> => {
				if (isFailing && random.between(1, 100) <= rate) throw new Error("before");
				const result = await call(...args);
				if (isFailing && random.between(1, 100) <= rate) throw new Error("after");
				return result;
			};
			Object.assign(store, { [method]: failing });
		}
		const maxEvents = random.between(2, 11);
		const sessions = [0, 1].map(() => createMcpEvents({ store, maxEvents }).session("s"));
		const anySession = (): SessionEvents =>
			sessions[random.between(1, 5) === 1 ? 1 : 0] as SessionEvents;

		const stored: { readonly id: string; readonly message: object }[] = [];
		isFailing = true;
		while (stored.length < MESSAGES) {
			// What one process could not store, another one cannot know of.
			const session = rate === 0 ? anySession() : (sessions[0] as SessionEvents);
			// Together, as a tool's notifications are sent.
			const messages = Array.from({ length: random.between(1, 4) }, (_each, index) => ({
				method: "n",
				params: { number: stored.length + index },
			}));
			const ids = await Promise.all(messages.map((each) => session.storeEvent("s", each)));
			for (const [index, message] of messages.entries()) {
				stored.push({ id: ids[index] ?? "", message });
			}
		}
		isFailing = false;
		// Until then only the process that failed knows that something is missing.
		const last = { method: "last" };
		stored.push({ id: (await sessions[0]?.storeEvent("s", last)) ?? "", message: last });

		let replays = 0;
		for (const [index, { id }] of stored.entries()) {
			const received: object[] = [];
			const send = async (_id: string, message: object): Promise<void> =>
				void received.push(message);
			const error = await anySession()
				.replayEventsAfter(id, { send })
				.then(
					() => undefined,
					(each: unknown) => each,
				);
			if (error === undefined) {
				replays++;
				expect(received).toEqual(stored.slice(index + 1).map(({ message }) => message));
			} else expect(error).toMatchObject({ code: "ERR_SSE_RUN_UNKNOWN" });
		}
		expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
		if (rate === 0) expect(replays).toBeGreaterThan(0);
		for (const session of sessions) await session.close();
	});
});
