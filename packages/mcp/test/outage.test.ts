/**
 * What becomes of streams while their store is unavailable, and after it has lost them.
 */
import { redisRunStore } from "@sse-service/redis";
import { eventually, isLongRun } from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { createMemoryRunStore, type RunStore, type RunWrite } from "sse-service/runs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createMcpEvents, type SessionEvents } from "../src/index.js";
import { StoreCalls } from "../src/store-calls.js";
import { openRedis } from "./stores.js";

const note = (number: number): object => ({ jsonrpc: "2.0", method: "n", params: { number } });
const refused = { code: "ERR_SSE_RUN_UNKNOWN" };

async function replay(session: SessionEvents, id: string): Promise<unknown[]> {
	const messages: unknown[] = [];
	const send = async (_: string, message: object) => void messages.push(message);
	await session.replayEventsAfter(id, { send });
	return messages;
}

/** A process's link to its store. While it is out, each call of the store is rejected. */
function linkTo(target: RunStore): { readonly store: RunStore; isOut: boolean } {
	const store = new Proxy(target, {
		get: (_, name: keyof RunStore) => {
			const method = target[name].bind(target) as (...args: unknown[]) => unknown;
			if (name === "watch") return method;
			return (...args: unknown[]) =>
				link.isOut ? Promise.reject(new Error("out")) : method(...args);
		},
	});
	const link = { store, isOut: false };
	return link;
}

describe("an outage", () => {
	afterEach(() => {
		vi.useRealTimers();
	});

	it.each(["write", "claim"] as const)(
		"of %s lets the stream continue, and refuses ids from before the message that was lost",
		async (method) => {
			const store = createMemoryRunStore();
			const call = store[method].bind(store) as (...args: unknown[]) => Promise<unknown>;
			let isOut = false;
			const sometimes = async (...args: unknown[]) => {
				if (isOut) throw new Error("out");
				return call(...args);
			};
			Object.assign(store, { [method]: sometimes });
			const errors: unknown[] = [];
			// Each message is in a segment of its own.
			const events = createMcpEvents({
				store,
				maxEvents: 1,
				// Its own failures have no receiver.
				onError: async (error) => {
					errors.push(error);
					throw error;
				},
			});
			const session = events.session("s");
			const before = await session.storeEvent("s", note(1));
			isOut = true;
			await session.storeEvent("s", note(2));
			const during = await session.storeEvent("s", note(3));
			expect(errors).toContainEqual(new Error("out"));
			isOut = false;
			const after = await session.storeEvent("s", note(4));
			await session.storeEvent("s", note(5));
			expect(await replay(session, after)).toEqual([note(5)]);
			for (const id of [before, during]) {
				await expect(replay(session, id)).rejects.toMatchObject(refused);
			}
			await events.close();
		},
	);

	// The id before a lost answer was refused for a second, and accepted then: the client waited for the answer forever.
	it.each([
		["is over soon", 100],
		["outlasts the lease", 40_000],
	])("that costs an answer and %s ends with the ids of before refused, for good", async (_, ms) => {
		vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "performance"] });
		const store = createMemoryRunStore();
		const seal = store.cancel.bind(store);
		const write = store.write.bind(store);
		let isOut = false;
		let calls = 0;
		const out = async (): Promise<never> => {
			calls++;
			throw new Error("out");
		};
		store.write = (writes) => (isOut ? out() : write(writes));
		store.cancel = (...args) => (isOut ? out() : seal(...args));
		const [home, elsewhere] = [0, 1].map(() => createMcpEvents({ store }).session("s"));
		const ids = [await home?.storeEvent("s", {})];
		home?.onmessage({ jsonrpc: "2.0", id: 1, method: "m" });
		ids.push(await home?.storeEvent("s", note(1)));
		isOut = true;
		ids.push(await home?.storeEvent("s", { jsonrpc: "2.0", id: 1, result: {} }));
		await vi.advanceTimersByTimeAsync(ms);
		isOut = false;
		const expectRefusals = async (sessions: readonly (SessionEvents | undefined)[]) => {
			for (const session of sessions) {
				for (const id of ids) {
					await expect(replay(session as SessionEvents, id ?? "")).rejects.toMatchObject(refused);
				}
			}
		};
		await expectRefusals([home]);
		await vi.advanceTimersByTimeAsync(10_000);
		await expectRefusals([home, elsewhere]);
		// Once the store knows, nothing is left to do.
		isOut = true;
		calls = 0;
		await vi.advanceTimersByTimeAsync(60_000);
		expect(calls).toBe(0);
	});

	it("is given up on once the store has surely forgotten the stream", async () => {
		vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "performance"] });
		const link = linkTo(createMemoryRunStore());
		const errors: unknown[] = [];
		const { store } = link;
		const session = createMcpEvents({ store, onError: (error) => errors.push(error) }).session("s");
		await session.storeEvent("s", note(1));
		link.isOut = true;
		await session.storeEvent("s", note(2));
		// Twice the sum of leaseMs and ttlMs.
		await vi.advanceTimersByTimeAsync(620_000);
		errors.length = 0;
		await vi.advanceTimersByTimeAsync(8_000);
		expect(errors).not.toEqual([]);
		await vi.advanceTimersByTimeAsync(12_000);
		errors.length = 0;
		await vi.advanceTimersByTimeAsync(400_000);
		expect(errors).toEqual([]);
	});

	// A process that reads the stream during the outage makes the store keep it longer. By then the writer had forgotten its loss, and
	// continued the stream as if nothing were missing.
	it("that another process notices late is not given up on before the store has forgotten the stream", async () => {
		vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "performance"] });
		const store = createMemoryRunStore();
		const link = linkTo(store);
		const rules = { leaseMs: 10_000, ttlMs: 60_000 };
		const home = createMcpEvents({ ...rules, store: link.store }).session("s");
		const elsewhere = createMcpEvents({ ...rules, store }).session("s");
		const first = await home.storeEvent("s", note(1));
		link.isOut = true;
		await home.storeEvent("s", note(2));
		await vi.advanceTimersByTimeAsync(69_000);
		expect(await replay(elsewhere, first)).toEqual([]);
		await vi.advanceTimersByTimeAsync(59_000);
		link.isOut = false;
		await home.storeEvent("s", note(3));
		await expect(replay(elsewhere, first)).rejects.toMatchObject(refused);
	});

	it("answers the requests of a stream that is followed elsewhere with an error", async () => {
		const store = createMemoryRunStore();
		const write = store.write.bind(store);
		let isOut = false;
		store.write = (writes) => (isOut ? Promise.reject(new Error("out")) : write(writes));
		const [home, elsewhere] = [0, 1].map(() => createMcpEvents({ store }).session("s"));
		const primed = await home?.storeEvent("s", {});
		home?.onmessage({ jsonrpc: "2.0", id: 1, method: "m" });
		await home?.storeEvent("s", note(1));
		const messages: object[] = [];
		const send = async (_: string, message: object) => void messages.push(message);
		await elsewhere?.replayEventsAfter(primed ?? "", { send });
		isOut = true;
		await home?.storeEvent("s", note(2));
		isOut = false;
		await home?.storeEvent("s", note(3));
		await eventually(() => messages.length === 2, "the error");
		const message = "Messages of the request's stream could not be stored";
		expect(messages[1]).toEqual({ jsonrpc: "2.0", id: 1, error: { code: -32603, message } });
	});

	// The follower stopped at the end of the lease, and a GET stream has no call whose error would have said so.
	it("of the process that writes may outlast the lease, and a follower elsewhere gets what comes after it", async () => {
		vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "performance"] });
		const store = createMemoryRunStore();
		const link = linkTo(store);
		const home = createMcpEvents({ store: link.store }).session("s");
		const elsewhere = createMcpEvents({ store }).session("s");
		const messages = await replay(elsewhere, await home.storeEvent("s", note(1)));
		for (const number of [2, 3]) {
			link.isOut = true;
			await vi.advanceTimersByTimeAsync(40_000);
			expect((await store.list(1))[0]).toMatchObject({ state: "failed", reason: "lost" });
			link.isOut = false;
			await home.storeEvent("s", note(number));
			await vi.advanceTimersByTimeAsync(30_000);
		}
		expect(messages).toEqual([note(2), note(3)]);
		// Nobody comes back: once the store has forgotten the stream, nothing looks for it.
		link.isOut = true;
		await vi.advanceTimersByTimeAsync(600_000);
		const settle = vi.spyOn(store, "settle");
		await vi.advanceTimersByTimeAsync(600_000);
		expect(settle).not.toHaveBeenCalled();
	});

	// While the empty segment was replaced, only the one before it could be read, and the call got an error.
	it("at the end of a full segment ends no replay elsewhere", async () => {
		vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "performance"] });
		const store = createMemoryRunStore();
		let isOut = false;
		let claims: Promise<void> = Promise.resolve();
		const failing = new Proxy(store, {
			get: (_, name: keyof RunStore) => {
				if (name !== "write") return store[name].bind(store);
				return async (writes: readonly RunWrite[]) => {
					const [{ entries, snapshot } = { entries: [], snapshot: undefined }] = writes;
					if (isOut && entries[0]?.end !== undefined) throw new Error("out");
					// The head of a segment, and the requests of a known one.
					if (entries.length === 0 && snapshot !== undefined) await claims;
					return store.write(writes);
				};
			},
		});
		const home = createMcpEvents({ store: failing, maxEvents: 2 }).session("s");
		const elsewhere = createMcpEvents({ store }).session("s");
		const primed = await home.storeEvent("s", {});
		home.onmessage({ jsonrpc: "2.0", id: 1, method: "m" });
		isOut = true;
		await home.storeEvent("s", note(1));
		isOut = false;
		const messages = await replay(elsewhere, primed);
		let go = (): void => {};
		claims = new Promise((resolve) => {
			go = resolve;
		});
		const second = home.storeEvent("s", note(2));
		await vi.advanceTimersByTimeAsync(1_000);
		go();
		await second;
		await vi.advanceTimersByTimeAsync(10_000);
		expect(messages).toEqual([note(1), note(2)]);
	});

	it("ends no replay that goes on elsewhere", async () => {
		vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "performance"] });
		const store = createMemoryRunStore();
		const settle = store.settle.bind(store);
		const errors: unknown[] = [];
		const options = { maxEvents: 2, onError: (error: unknown) => errors.push(error) };
		let isOut = false;
		store.settle = (id) => (isOut ? Promise.reject(new Error("out")) : settle(id));
		const [home, elsewhere] = [0, 1].map(() => createMcpEvents({ ...options, store }).session("s"));
		const first = await home?.storeEvent("s", note(1));
		const messages = await replay(elsewhere as SessionEvents, first ?? "");
		isOut = true;
		await home?.storeEvent("s", note(2));
		await vi.advanceTimersByTimeAsync(1_000);
		expect(errors).not.toEqual([]);
		isOut = false;
		await home?.storeEvent("s", note(3));
		await vi.advanceTimersByTimeAsync(10_000);
		expect(messages).toEqual([note(2), note(3)]);
	});

	it("at maxStreams concerns new streams only, which continue as well", async () => {
		const errors: unknown[] = [];
		const events = createMcpEvents({ maxStreams: 1, onError: (error) => errors.push(error) });
		const session = events.session("s");
		const known = await session.storeEvent("a", note(1));
		await session.storeEvent("b", note(1));
		const refusedId = await session.storeEvent("c", note(1));
		await session.storeEvent("a", note(2));
		expect(errors).toEqual([expect.objectContaining({ code: "ERR_SSE_MAX_RUNS" })]);
		expect(await replay(session, known)).toEqual([note(2)]);
		await expect(replay(session, refusedId)).rejects.toMatchObject(refused);
		await events.close();
	});

	it("is waited for once: calls fail at once for a while after one that was too slow", async () => {
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
		const calls = new StoreCalls();
		const call = vi.fn(() => new Promise<never>(() => {}));
		const first = calls.run(call).catch((error: unknown) => error);
		await vi.advanceTimersByTimeAsync(5_000);
		const error = await first;
		expect(error).toMatchObject({ code: "ERR_SSE_TIMEOUT" });
		await expect(calls.run(call)).rejects.toBe(error);
		expect(call).toHaveBeenCalledTimes(1);
		await vi.advanceTimersByTimeAsync(5_000);
		expect(await calls.run(async () => 1)).toBe(1);
		// One that fails soon delays nobody.
		await expect(calls.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
		expect(await calls.run(async () => 2)).toBe(2);
	});

	// Cause: a message that took longer than five seconds was one, for the messages of all streams.
	it("is not what a large message causes over a slow link", async () => {
		vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "clearTimeout", "performance"] });
		const store = createMemoryRunStore();
		const write = store.write.bind(store);
		let sent = Promise.resolve();
		// One after the other, at 250 kB/s.
		store.write = (writes) => {
			const data = writes.flatMap(({ entries }) => entries.map((each) => each.data)).join("");
			const ms = data.length / 250;
			const written = sent.then(async () => {
				await new Promise((resolve) => setTimeout(resolve, ms));
				return write(writes);
			});
			sent = written.then(() => {});
			return written;
		};
		const errors: unknown[] = [];
		const events = createMcpEvents({ store, onError: (error) => errors.push(error) });
		const [large, other] = [events.session("large"), events.session("other")];
		const firsts = Promise.all([large, other].map((each) => each.storeEvent("s", note(1))));
		await vi.advanceTimersByTimeAsync(1_000);
		const [first = "", otherFirst = ""] = await firsts;
		const message = { ...note(2), params: { text: "x".repeat(2_000_000) } };
		const storing = Promise.all([large.storeEvent("s", message), other.storeEvent("s", note(3))]);
		await vi.advanceTimersByTimeAsync(10_000);
		await storing;
		expect(errors).toEqual([]);
		expect(await replay(other, otherFirst)).toEqual([note(3)]);
		expect((await replay(large, first)).length).toBe(1);
	});

	it.runIf(isLongRun && redisServerPath !== undefined)(
		"of a Redis that comes back empty",
		async () => {
			const server = await startRedisServer();
			const client = openRedis(server.port);
			const errors: unknown[] = [];
			const store = redisRunStore({ client });
			const events = createMcpEvents({ store, onError: (error) => errors.push(error) });
			const session = events.session("s");
			const before = await session.storeEvent("s", note(1));
			await server.kill("SIGKILL");
			const during = await session.storeEvent("s", note(2));
			expect(errors).toHaveLength(1);
			await server.restart();
			await eventually(async () => {
				const after = await session.storeEvent("s", note(3));
				await session.storeEvent("s", note(4));
				const replayed = await replay(session, after).catch(() => []);
				return replayed.length === 1;
			}, "the stream to be resumable again");
			for (const id of [before, during]) {
				await expect(replay(session, id)).rejects.toMatchObject(refused);
			}
			await events.close();
			client.disconnect();
			await server.stop();
		},
	);
});
