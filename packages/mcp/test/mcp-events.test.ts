/**
 * The event store of a session, as a transport calls it.
 */
import { eventually } from "@sse-service/testing";
import { createMemoryRunStore, type RunStore } from "sse-service/runs";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
	createMcpEvents,
	type McpEvents,
	type McpEventsOptions,
	type SessionEvents,
} from "../src/index.js";
import { ALL_STORES } from "./stores.js";

interface Received {
	readonly id: string;
	readonly message: unknown;
}

const note = (number: number): object => ({ jsonrpc: "2.0", method: "n", params: { number } });
const answer = { jsonrpc: "2.0", id: 1, result: {} };
const notes = (first: number, last: number): object[] =>
	Array.from({ length: last - first + 1 }, (_, index) => note(first + index));

async function storeAll(session: SessionEvents, messages: readonly object[], stream = "s") {
	return Promise.all(messages.map((message) => session.storeEvent(stream, message)));
}

/** Replays, and collects what is sent then and later. */
async function replayFrom(session: SessionEvents, id: string | undefined): Promise<Received[]> {
	const received: Received[] = [];
	await session.replayEventsAfter(id ?? "", {
		send: async (eventId, message) => {
			received.push({ id: eventId, message });
		},
	});
	return received;
}

const messagesOf = (received: readonly Received[]): unknown[] =>
	received.map(({ message }) => message);

describe.each(ALL_STORES.filter(({ isHere }) => isHere))("events $name", (kind) => {
	let started: Awaited<ReturnType<typeof kind.start>>;
	let sessions = 0;
	const closing: McpEvents[] = [];

	beforeAll(async () => {
		started = await kind.start();
	});
	afterAll(() => started.stop());
	afterEach(async () => {
		// In memory, all share one store, which lasts as long as the tests.
		for (const events of closing.splice(0)) await events.close();
	});

	/** As in a process of its own. */
	function open(options: McpEventsOptions = {}): McpEvents {
		const store: RunStore = { ...bound(started.open()), close: async () => {} };
		const events = createMcpEvents({ store, ...options });
		closing.push(events);
		return events;
	}
	const newSession = (): string => `session ${++sessions}`;

	it("are replayed after an id, in order, to a second process as well", async () => {
		const session = newSession();
		const writer = open().session(session);
		const ids = await storeAll(writer, notes(1, 20));
		expect(new Set(ids).size).toBe(20);
		for (const reader of [writer, open().session(session)]) {
			const received = await replayFrom(reader, ids[4]);
			expect(messagesOf(received)).toEqual(notes(6, 20));
			expect(received.map(({ id }) => id)).toEqual(ids.slice(5));
		}
		expect(await replayFrom(writer, ids[19])).toEqual([]);
	});

	it("are those of one stream only", async () => {
		const session = open().session(newSession());
		const [first] = await storeAll(session, [note(1)], "a/ü?");
		await storeAll(session, [note(2)], "b");
		await storeAll(session, [note(3)], "a/ü?");
		const received: unknown[] = [];
		const streamId = await session.replayEventsAfter(first ?? "", {
			send: async (_, message) => void received.push(message),
		});
		expect(streamId).toBe("a/ü?");
		expect(received).toEqual([note(3)]);
		expect(first).toMatch(/^[\x21-\x7e]+$/);
	});

	it("are not replayed for a priming event, which can be resumed from", async () => {
		const session = open().session(newSession());
		const [primed] = await storeAll(session, [{}, note(1), {}, answer]);
		expect(messagesOf(await replayFrom(session, primed))).toEqual([note(1), answer]);
	});

	it("refuse an id of another session, of another stream, and text that is none", async () => {
		const events = open();
		const [own, other] = [events.session(newSession()), events.session(newSession())];
		const [id = ""] = await storeAll(own, [note(1)], "_GET_stream");
		await storeAll(other, [note(1)], "_GET_stream");
		await storeAll(own, [note(1)], "another");
		const unknown = { code: "ERR_SSE_RUN_UNKNOWN" };
		await expect(replayFrom(other, id)).rejects.toMatchObject(unknown);
		await expect(replayFrom(own, id.replace("_GET_stream", "another"))).rejects.toMatchObject(
			unknown,
		);
		await expect(replayFrom(own, id.replace("_GET_stream", "none"))).rejects.toMatchObject(unknown);
		await expect(replayFrom(own, id.replace(".1.", ".2."))).rejects.toMatchObject(unknown);
		const invalid = { code: "ERR_SSE_INVALID_ID" };
		for (const text of [
			"",
			"1",
			"a.1.",
			"a.-1.s",
			"a.1.%",
			"a.1e3.s",
			`a.1.${"s".repeat(2_000)}`,
		]) {
			await expect(replayFrom(own, text)).rejects.toMatchObject(invalid);
		}
	});

	it("keep the newest half of a stream at least, and refuse ids from before", async () => {
		const id = newSession();
		const writer = open({ maxEvents: 10 }).session(id);
		const ids: string[] = [];
		for (let number = 1; number <= 33; number++)
			ids.push(...(await storeAll(writer, [note(number)])));
		for (const reader of [writer, open().session(id)]) {
			for (const [index, each] of ids.entries()) {
				const replayed = replayFrom(reader, each);
				if (index >= 33 - 6) {
					expect(messagesOf(await replayed)).toEqual(notes(index + 2, 33));
				} else if (index < 33 - 11) {
					await expect(replayed).rejects.toMatchObject({ code: "ERR_SSE_RUN_UNKNOWN" });
				} else await replayed.catch(() => {});
			}
		}
	});

	it("keep no more than their length, and a message that is longer alone", async () => {
		const session = open({ maxLength: 200 }).session(newSession());
		const long = { text: "x".repeat(1_000) };
		const ids = await storeAll(session, [note(1), long, note(2), note(3)]);
		expect(messagesOf(await replayFrom(session, ids[1]))).toEqual([note(2), note(3)]);
	});

	it("stored by another process are sent as they come, and by the transport's own once", async () => {
		const id = newSession();
		const [home, elsewhere] = [open({ maxEvents: 8 }).session(id), open().session(id)];
		const [first] = await storeAll(home, [note(1), note(2)]);
		const received = await replayFrom(elsewhere, first);
		expect(messagesOf(received)).toEqual([note(2)]);
		// Over several segments.
		for (let number = 3; number <= 25; number++) await storeAll(home, [note(number)]);
		await eventually(() => received.length === 24, "every message to be followed");
		expect(messagesOf(received)).toEqual(notes(2, 25));
		// From here on the reader's own transport sends them.
		const last = await elsewhere.storeEvent("s", note(26));
		expect(messagesOf(await replayFrom(open().session(id), received.at(-1)?.id))).toEqual([
			note(26),
		]);
		await expect(replayFrom(elsewhere, last)).resolves.toEqual([]);
		expect(received).toHaveLength(24);
	});

	it("have one writer at a time: a process that stores takes the stream over, and nothing is lost", async () => {
		const id = newSession();
		const [a, b] = [open().session(id), open().session(id)];
		const ids: string[] = [];
		for (const [index, session] of [a, a, b, b, b].entries()) {
			ids.push(await session.storeEvent("s", note(index)));
		}
		expect(messagesOf(await replayFrom(open().session(id), ids[0]))).toEqual(notes(1, 4));
		const back = await a.storeEvent("s", note(5));
		expect(messagesOf(await replayFrom(b, ids[3]))).toEqual(notes(4, 5));
		expect(await replayFrom(b, back)).toEqual([]);
	});

	it("are all kept when a stream is taken over at the end of a segment", async () => {
		const id = newSession();
		const [a, b] = [open({ maxEvents: 6 }).session(id), open({ maxEvents: 6 }).session(id)];
		const [first] = await storeAll(a, notes(1, 3));
		// Begins after a full segment, and an empty one.
		await storeAll(b, [note(4)]);
		expect(messagesOf(await replayFrom(a, first))).toEqual(notes(2, 4));
	});

	it("follow a stream in one place per session, until it is closed", async () => {
		const id = newSession();
		const [home, elsewhere] = [open().session(id), open().session(id)];
		const [first] = await storeAll(home, [note(1)]);
		const [former, later] = [
			await replayFrom(elsewhere, first),
			await replayFrom(elsewhere, first),
		];
		await storeAll(home, [note(2)]);
		await eventually(() => later.length === 1);
		await elsewhere.close();
		await storeAll(home, [note(3)]);
		expect(messagesOf(await replayFrom(home, later[0]?.id))).toEqual([note(3)]);
		expect([former.length, later.length]).toEqual([0, 1]);
	});

	it("of a stream with its answer are released, and stay readable", async () => {
		const store = started.open();
		const session = open().session(newSession());
		const [first] = await storeAll(session, [note(1), answer]);
		await eventually(async () => (await store.list(1))[0]?.state === "done", "the segment's end");
		expect(messagesOf(await replayFrom(session, first))).toEqual([answer]);
		// A second answer on the same stream, as to a batch.
		await storeAll(session, [answer]);
		expect(messagesOf(await replayFrom(session, first))).toEqual([answer, answer]);
	});

	it("are followed elsewhere beyond the end of their segment", async () => {
		const store = started.open();
		const id = newSession();
		const [home, elsewhere] = [open().session(id), open().session(id)];
		const [first] = await storeAll(home, [note(1)]);
		const received = await replayFrom(elsewhere, first);
		await storeAll(home, [answer]);
		await eventually(async () => (await store.list(1))[0]?.state === "done", "the segment's end");
		await storeAll(home, [{ ...answer, id: 2 }]);
		await eventually(() => received.length === 2, "the second answer");
		expect(messagesOf(received)).toEqual([answer, { ...answer, id: 2 }]);
	});

	it("end with an error for each request whose transport was closed before its answer", async () => {
		const id = newSession();
		const [home, elsewhere] = [open().session(id), open().session(id)];
		const primed = await home.storeEvent("s", {});
		for (const request of [1, "b", 3]) home.onmessage({ jsonrpc: "2.0", id: request, method: "m" });
		home.onmessage({ jsonrpc: "2.0", method: "notifications/m" });
		elsewhere.onmessage({ jsonrpc: "2.0", id: 4, method: "m" });
		await storeAll(home, [note(1), answer]);
		const [followed, read] = [await replayFrom(elsewhere, primed), open().session(id)];
		await home.close();
		const last = await replayFrom(read, followed.at(-1)?.id);
		const error = {
			code: -32603,
			message: "The server process that handled the request has ended",
		};
		const errors = ["b", 3].map((each) => ({ jsonrpc: "2.0", id: each, error }));
		await eventually(() => followed.length === 4 && last.length === 2, "the errors");
		expect(messagesOf(followed)).toEqual([note(1), answer, ...errors]);
		expect(messagesOf(last)).toEqual(errors);
	});

	// NATS looks for what has expired from time to time only.
	it.skipIf(kind.name === "in NATS")(
		"are gone some time after the end of their stream",
		async () => {
			const session = open({ ttlMs: 100 }).session(newSession());
			const [first] = await storeAll(session, [note(1)]);
			await session.close();
			await eventually(async () => {
				const error = await replayFrom(session, first).catch((each: unknown) => each);
				return (error as { code?: string }).code === "ERR_SSE_RUN_UNKNOWN";
			}, "the stream to be forgotten");
		},
	);
});

describe("an open stream", () => {
	afterEach(() => {
		vi.useRealTimers();
	});

	it("outlives its lease, ends with a silence of idleMs, and continues with the next message", async () => {
		vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "Date", "performance"] });
		const store = createMemoryRunStore();
		const session = createMcpEvents({ store }).session("s");
		const state = async () => (await store.list(1))[0];
		const [first] = await storeAll(session, [note(1)]);
		await vi.advanceTimersByTimeAsync(50 * 60_000);
		expect(await state()).toMatchObject({ state: "running" });
		await vi.advanceTimersByTimeAsync(11 * 60_000);
		expect(await state()).toMatchObject({ state: "done", reason: "idle" });
		await storeAll(session, [note(2)]);
		expect(messagesOf(await replayFrom(session, first))).toEqual([note(2)]);
	});

	const inTwoProcesses = (options: McpEventsOptions = {}) => {
		vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "Date", "performance"] });
		const store = createMemoryRunStore();
		const [home, elsewhere] = [0, 1].map(() => createMcpEvents({ ...options, store }).session("s"));
		return { store, home: home as SessionEvents, elsewhere: elsewhere as SessionEvents };
	};

	it("is followed elsewhere after a silence of idleMs, and after the store has forgotten it", async () => {
		// A GET stream that was resumed in another process went deaf after an hour.
		const { store, home, elsewhere } = inTwoProcesses();
		const [first] = await storeAll(home, [note(1)]);
		const received = await replayFrom(elsewhere, first);
		await vi.advanceTimersByTimeAsync(61 * 60_000);
		expect((await store.list(1))[0]).toMatchObject({ state: "done", reason: "idle" });
		await storeAll(home, [note(2)]);
		await vi.advanceTimersByTimeAsync(30_000);
		expect(messagesOf(received)).toEqual([note(2)]);
		await vi.advanceTimersByTimeAsync(70 * 60_000);
		expect(await store.list(1)).toEqual([]);
		const ids = await storeAll(home, [note(3), note(4)]);
		await vi.advanceTimersByTimeAsync(30_000);
		expect(messagesOf(received)).toEqual(notes(2, 4));
		expect(received.slice(1).map(({ id }) => id)).toEqual(ids);
	});

	it("is followed elsewhere after an answer: others may come later", async () => {
		const { home, elsewhere } = inTwoProcesses();
		const [first] = await storeAll(home, [note(1)]);
		const received = await replayFrom(elsewhere, first);
		const answers = [1, 2].map((id) => ({ ...answer, id }));
		await storeAll(home, answers.slice(0, 1));
		await vi.advanceTimersByTimeAsync(10_000);
		await storeAll(home, answers.slice(1));
		await vi.advanceTimersByTimeAsync(20_000);
		expect(messagesOf(received)).toEqual(answers);
	});

	it("is followed elsewhere by a client that resumes after a silence of idleMs", async () => {
		// What the replay read to its end was followed from a position beyond it, where nothing comes.
		const { store, home, elsewhere } = inTwoProcesses();
		const [first] = await storeAll(home, notes(1, 2));
		await vi.advanceTimersByTimeAsync(61 * 60_000);
		expect(await store.list(1)).toMatchObject([{ state: "done", reason: "idle" }]);
		const received = await replayFrom(elsewhere, first);
		await storeAll(home, [note(3)]);
		await vi.advanceTimersByTimeAsync(30_000);
		await storeAll(home, [note(4)]);
		await vi.advanceTimersByTimeAsync(1_000);
		expect(messagesOf(received)).toEqual(notes(2, 4));
	});

	it("is followed elsewhere when its segment fills up during the replay", async () => {
		// As above, and the call got an error while it was still running.
		const { home, elsewhere } = inTwoProcesses({ maxEvents: 20 });
		const [first] = await storeAll(home, [{}]);
		home.onmessage({ jsonrpc: "2.0", id: 1, method: "m" });
		await storeAll(home, [note(1)]);
		const received: object[] = [];
		const send = async (_: string, message: object): Promise<void> => {
			received.push(message);
			// The rest of the segment, and the beginning of the next one.
			if (received.length === 1) await storeAll(home, notes(2, 12));
		};
		await elsewhere.replayEventsAfter(first ?? "", { send });
		await vi.advanceTimersByTimeAsync(1_000);
		await storeAll(home, [answer]);
		await vi.advanceTimersByTimeAsync(1_000);
		expect(received).toEqual([...notes(1, 12), answer]);
	});

	it("is followed elsewhere until the store forgets it after its answer, and no longer", async () => {
		const { store, home, elsewhere } = inTwoProcesses();
		const [first] = await storeAll(home, [{}]);
		home.onmessage({ jsonrpc: "2.0", id: 1, method: "m" });
		const received = await replayFrom(elsewhere, first);
		await storeAll(home, [answer]);
		const settle = vi.spyOn(store, "settle");
		await vi.advanceTimersByTimeAsync(4 * 60_000);
		expect(settle).toHaveBeenCalled();
		await vi.advanceTimersByTimeAsync(2 * 60_000);
		settle.mockClear();
		await vi.advanceTimersByTimeAsync(60 * 60_000);
		expect(settle).not.toHaveBeenCalled();
		expect(messagesOf(received)).toEqual([answer]);
	});

	it("that the store loses after an answer gives errors to the other calls only, with ids that lead on", async () => {
		// The answered call got one as well, and the id was that of the moment at which the replay had begun.
		const { store, home, elsewhere } = inTwoProcesses();
		const [first] = await storeAll(home, [{}]);
		for (const id of [1, 2]) home.onmessage({ jsonrpc: "2.0", id, method: "m" });
		await vi.advanceTimersByTimeAsync(1);
		const received = await replayFrom(elsewhere, first);
		const ids = await storeAll(home, [note(1), answer]);
		await vi.advanceTimersByTimeAsync(100);
		// As a Redis that comes back empty.
		await store.close();
		await vi.advanceTimersByTimeAsync(60_000);
		const message = "Messages of the request's stream could not be stored";
		const error = { jsonrpc: "2.0", id: 2, error: { code: -32603, message } };
		expect(messagesOf(received)).toEqual([note(1), answer, error]);
		expect(received.map(({ id }) => id)).toEqual([...ids, ids[1]]);
	});

	it("that is closed during a replay is not followed after it", async () => {
		// Close aborts what is followed, and this began afterwards: nothing ever ended it.
		const { store, home, elsewhere } = inTwoProcesses();
		const [first] = await storeAll(home, notes(1, 2));
		const settle = store.settle.bind(store);
		let go = (): void => {};
		const gate = new Promise<void>((resolve) => {
			go = resolve;
		});
		const settling = vi.spyOn(store, "settle").mockImplementation(async (id) => {
			await gate;
			return settle(id);
		});
		const watch = vi.spyOn(store, "watch");
		const replaying = replayFrom(elsewhere, first);
		await eventually(() => settling.mock.calls.length > 0);
		const closed = elsewhere.close();
		go();
		expect(messagesOf(await replaying)).toEqual([note(2)]);
		await closed;
		await vi.advanceTimersByTimeAsync(1_000);
		expect(watch).not.toHaveBeenCalled();
	});

	it("is refused, and nothing of it skipped, when the end of its full segment cannot be read yet", async () => {
		// A process that follows a run in Redis reads what has arrived there.
		const { store, home, elsewhere } = inTwoProcesses({ maxEvents: 4 });
		const [first] = await storeAll(home, [note(1)]);
		const read = store.read.bind(store);
		const write = store.write.bind(store);
		store.read = async (id, attempt, from, limit) =>
			from === 1 ? (await read(id, attempt, from, limit))?.slice(0, 1) : [];
		let go = (): void => {};
		const gate = new Promise<void>((resolve) => {
			go = resolve;
		});
		let isFull = false;
		store.write = async (writes) => {
			isFull = writes[0]?.entries[0]?.end !== undefined;
			if (isFull) await gate;
			return write(writes);
		};
		const second = home.storeEvent("s", note(2));
		await eventually(() => isFull);
		await expect(replayFrom(elsewhere, first)).rejects.toMatchObject({
			code: "ERR_SSE_RUN_UNKNOWN",
		});
		store.read = read;
		go();
		await second;
		expect(messagesOf(await replayFrom(elsewhere, first))).toEqual([note(2)]);
	});

	describe("whose messages the store has lost, and not its status,", () => {
		// As a Redis that evicts keys one by one.
		async function startLossy() {
			const { store, home, elsewhere } = inTwoProcesses();
			const read = store.read.bind(store);
			const [first] = await storeAll(home, [{}]);
			home.onmessage({ jsonrpc: "2.0", id: 1, method: "m" });
			await storeAll(home, [note(1)]);
			const lose = (): void => {
				store.read = async (...args) => (await read(...args)) && [];
			};
			return { home, elsewhere, first, lose };
		}

		it("ends with an error elsewhere, also for an answer that is among them", async () => {
			const { home, elsewhere, first, lose } = await startLossy();
			const received = await replayFrom(elsewhere, first);
			lose();
			await storeAll(home, [answer]);
			await vi.advanceTimersByTimeAsync(60_000);
			const message = "Messages of the request's stream could not be stored";
			const error = { jsonrpc: "2.0", id: 1, error: { code: -32603, message } };
			expect(messagesOf(received)).toEqual([note(1), error]);
		});

		it("refuses the ids of before", async () => {
			const { home, elsewhere, first, lose } = await startLossy();
			const last = await home.storeEvent("s", answer);
			await vi.advanceTimersByTimeAsync(1_000);
			lose();
			await expect(replayFrom(elsewhere, first)).rejects.toMatchObject({
				code: "ERR_SSE_RUN_UNKNOWN",
			});
			expect(await replayFrom(elsewhere, last)).toEqual([]);
		});
	});

	it("does not end while a call waits for its answer, unless the client cancels it", async () => {
		const { store, home } = inTwoProcesses();
		await storeAll(home, [{}]);
		home.onmessage({ jsonrpc: "2.0", id: 1, method: "m" });
		await vi.advanceTimersByTimeAsync(180 * 60_000);
		expect((await store.list(1))[0]).toMatchObject({ state: "running" });
		const params = { requestId: 1 };
		home.onmessage({ jsonrpc: "2.0", method: "notifications/cancelled", params });
		await vi.advanceTimersByTimeAsync(10_000);
		expect(await store.list(1)).toMatchObject([{ state: "done", reason: "idle" }]);
	});

	it("skips nothing when what a follower has not read is no longer kept", async () => {
		const { home, elsewhere } = inTwoProcesses({ maxEvents: 4 });
		const primed = (await storeAll(home, [{}]))[0] ?? "";
		home.onmessage({ jsonrpc: "2.0", id: 1, method: "m" });
		let take = (): void => {};
		const isTaken = new Promise<void>((resolve) => {
			take = resolve;
		});
		const received: object[] = [];
		const send = async (_: string, message: object): Promise<void> => {
			received.push(message);
			await isTaken;
		};
		await elsewhere.replayEventsAfter(primed, { send });
		for (let number = 1; number <= 20; number++) await storeAll(home, [note(number)]);
		take();
		await vi.advanceTimersByTimeAsync(60_000);
		const sent = received.filter((each) => "method" in each);
		expect(sent).toEqual(notes(1, sent.length));
		expect(sent.length).toBeLessThan(20);
		expect(received.at(-1)).toMatchObject({ id: 1, error: { code: -32603 } });
	});

	it("does not keep close from ending while its client takes no replay", async () => {
		vi.useFakeTimers({ toFake: ["setTimeout"] });
		const errors: unknown[] = [];
		const events = createMcpEvents({ onError: (error) => errors.push(error) });
		const session = events.session("s");
		const [first = ""] = await storeAll(session, [note(1), note(2)]);
		await new Promise<void>((resolve) => {
			const send = (): Promise<never> => {
				resolve();
				return new Promise(() => {});
			};
			void session.replayEventsAfter(first, { send });
		});
		const closed = events.close();
		await vi.advanceTimersByTimeAsync(5_000);
		await closed;
		expect(errors).toMatchObject([{ code: "ERR_SSE_TIMEOUT" }]);
	});
});

function bound(store: RunStore): RunStore {
	const names = [
		"claim",
		"adopt",
		"write",
		"cancel",
		"settle",
		"read",
		"snapshot",
		"watch",
	] as const;
	const methods = names.map((name) => [name, (store[name] as () => unknown).bind(store)]);
	return { ...store, ...Object.fromEntries(methods) } as RunStore;
}
