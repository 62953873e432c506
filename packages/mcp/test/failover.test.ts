/**
 * A stream whose store has lost messages that it had acknowledged, as a Redis does whose replica takes over.
 */
import { redisRunStore } from "@sse-service/redis";
import { eventually } from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import type { Redis } from "ioredis";
import { createMemoryRunStore, type RunStore } from "sse-service/runs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createMcpEvents, type SessionEvents } from "../src/index.js";
import { openRedis } from "./stores.js";

const note = (number: number): object => ({ jsonrpc: "2.0", method: "n", params: { number } });
const refused = { code: "ERR_SSE_RUN_UNKNOWN" };

async function replay(session: SessionEvents, id: string | undefined): Promise<unknown[]> {
	const messages: unknown[] = [];
	const send = async (_: string, message: object) => void messages.push(message);
	await session.replayEventsAfter(id ?? "", { send });
	return messages;
}

/** Keeps what Redis has. @returns a function that puts it back */
async function keep(client: Redis): Promise<() => Promise<void>> {
	const keys = await client.keys("*");
	const values = await Promise.all(keys.map((key) => client.dumpBuffer(key)));
	return async () => {
		await client.flushdb();
		for (const [index, key] of keys.entries()) {
			await client.restore(key, 600_000, values[index] ?? "");
		}
	};
}

/** A store that takes no calls of the given names while it is out. */
function unreliable(
	store: RunStore,
	link: { readonly isOut: boolean },
	names: readonly (keyof RunStore)[] = ["claim", "write", "cancel", "settle", "snapshot", "read"],
): RunStore {
	return new Proxy(store, {
		get: (target, name: keyof RunStore) => {
			const method = target[name].bind(target) as (...args: unknown[]) => unknown;
			if (!names.includes(name)) return method;
			return (...args: unknown[]) =>
				link.isOut ? Promise.reject(new Error("out")) : method(...args);
		},
	});
}

/** A session in two processes, whose Redis can fail to take what `home` writes, and can lose what it had. */
async function start(times: { readonly leaseMs?: number; readonly ttlMs?: number } = {}) {
	const server = await startRedisServer();
	const client = openRedis(server.port);
	const link = { isOut: false };
	const store = unreliable(redisRunStore({ client }), link, ["write"]);
	const errors: unknown[] = [];
	const here = createMcpEvents({ store, ...times, onError: (error) => errors.push(error) });
	const there = createMcpEvents({ store: redisRunStore({ client }), ...times });
	onTestFinished(async () => {
		await Promise.all([here.close(), there.close()]);
		client.disconnect();
		await server.stop();
	});
	const home = here.session("s");
	const ids: string[] = [];
	return {
		home,
		elsewhere: there.session("s"),
		ids,
		keep: () => keep(client),
		storeNotes: async (first: number, last: number, session = home): Promise<void> => {
			for (let number = first; number <= last; number++) {
				ids.push(await session.storeEvent("s", note(number)));
			}
		},
		/** Nothing that `home` writes arrives meanwhile. */
		fail: async (write: () => unknown): Promise<void> => {
			link.isOut = true;
			await write();
			await eventually(() => errors.length > 0, "the store to be out of reach");
			link.isOut = false;
		},
	};
}

// Cause: the segments of a stream that was forgotten are counted anew, which looked like a loss to a process that had written it.
it.each([
	["another process took it over", { isOut: false, isTakenOver: true }],
	["another process took it over during an outage", { isOut: true, isTakenOver: true }],
	["its process was cut off from the store", { isOut: true, isTakenOver: false }],
])(
	"a stream that was forgotten after %s stays with the process that begins it anew",
	async (_, { isOut, isTakenOver }) => {
		vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "performance"] });
		onTestFinished(() => void vi.useRealTimers());
		const store = createMemoryRunStore();
		const link = { isOut: false };
		const ttlMs = 60_000;
		// Each of its messages fills a segment.
		const rules = { store: unreliable(store, link), ttlMs, maxEvents: 2 };
		const home = createMcpEvents(rules).session("s");
		const elsewhere = createMcpEvents({ store, ttlMs }).session("s");
		await home.storeEvent("s", note(0));
		await home.storeEvent("s", note(1));
		link.isOut = isOut;
		if (isTakenOver) await elsewhere.storeEvent("s", note(2));
		await elsewhere.close();
		await vi.advanceTimersByTimeAsync(30_000);
		// A lease ends only once somebody asks.
		await store.list(1);
		await vi.advanceTimersByTimeAsync(90_000);
		expect(await store.list(1)).toEqual([]);
		const first = await elsewhere.storeEvent("s", note(3));
		link.isOut = false;
		await vi.advanceTimersByTimeAsync(30_000);
		expect(await replay(home, first)).toEqual([]);
		await elsewhere.storeEvent("s", note(4));
		expect(await replay(elsewhere, first)).toEqual([note(4)]);
	},
);

describe.skipIf(redisServerPath === undefined)("after a failover of Redis", () => {
	// The first message after it got the id of one that was lost, and a client that resumed from before got only this one.
	it.each([
		["the next message is stored", () => {}],
		[
			"a sign of life was lost before it, and the next message is stored",
			({ fail, home }: Awaited<ReturnType<typeof start>>) =>
				fail(() => home.onmessage({ jsonrpc: "2.0", id: 1, method: "m" })),
		],
		// Cause: the stream had another nonce by then, and what was lost was looked for only under the same one.
		[
			"the stream was started over before it, and the next message is stored",
			async ({ fail, storeNotes }: Awaited<ReturnType<typeof start>>) => {
				await fail(() => storeNotes(20, 20));
				await storeNotes(21, 22);
			},
		],
	])("ids of before are refused once %s", async (_, meanwhile) => {
		const started = await start();
		const { home, ids, storeNotes } = started;
		ids.push(await home.storeEvent("s", {}));
		await storeNotes(1, 8);
		const rollBack = await started.keep();
		await storeNotes(9, 10);
		await meanwhile(started);
		await rollBack();
		for (const id of ids.slice(0, 9)) {
			await expect(replay(home, id)).rejects.toMatchObject(refused);
		}
		const lost = ids.slice();
		await storeNotes(11, 12);
		expect(new Set(ids).size).toBe(ids.length);
		for (const id of lost) await expect(replay(home, id)).rejects.toMatchObject(refused);
		expect(await replay(home, ids.at(-2))).toEqual([note(12)]);
	});

	it("ids of before are refused however long ago the last sign of life was", async () => {
		const { home, ids, keep, storeNotes } = await start({ ttlMs: 1 });
		await storeNotes(1, 8);
		const rollBack = await keep();
		await storeNotes(9, 10);
		await rollBack();
		await expect(replay(home, ids[0])).rejects.toMatchObject(refused);
	});

	// Cause: the other process had continued beyond what was known to be stored, so nothing seemed to be missing.
	it("ids of before are refused though another process has stored messages since then", async () => {
		const { home, elsewhere, ids, keep, storeNotes } = await start();
		await storeNotes(1, 8);
		const rollBack = await keep();
		await storeNotes(9, 10);
		await rollBack();
		await storeNotes(11, 14, elsewhere);
		const former = ids.slice();
		for (const id of former) await expect(replay(home, id)).rejects.toMatchObject(refused);
		await storeNotes(15, 16);
		for (const id of former) await expect(replay(elsewhere, id)).rejects.toMatchObject(refused);
		expect(await replay(elsewhere, ids.at(-2))).toEqual([note(16)]);
	});

	// Cause: a sign of life that the store refuses was taken for one that arrived, so they waited for the next message.
	it("other processes refuse ids of before after the writer's next sign of life, and know its calls", async () => {
		const { home, elsewhere, ids, keep, storeNotes } = await start({ leaseMs: 1_500 });
		ids.push(await home.storeEvent("s", {}));
		home.onmessage({ jsonrpc: "2.0", id: 1, method: "m" });
		await storeNotes(1, 8);
		const rollBack = await keep();
		await storeNotes(9, 10);
		await rollBack();
		const isRefused = (): Promise<boolean> =>
			replay(elsewhere, ids[0]).then(
				() => false,
				() => true,
			);
		await eventually(isRefused, "the id to be refused");
		await storeNotes(11, 12);
		const messages = await replay(elsewhere, ids.at(-2));
		await home.close();
		const message = "The server process that handled the request has ended";
		const error = { jsonrpc: "2.0", id: 1, error: { code: -32603, message } };
		await eventually(() => messages.length === 2, "the error");
		expect(messages).toEqual([note(12), error]);
	});
});
