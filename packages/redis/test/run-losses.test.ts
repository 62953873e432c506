/**
 * What readers of a run receive when Redis has lost a part of it.
 */
import { eventually, settled } from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { startTcpProxy } from "@sse-service/testing/tcp-proxy";
import { createRuns, type RunStatus, type RunStore } from "sse-service/runs";
import { describe, expect, it, onTestFinished } from "vitest";
import { redisRunStore } from "../src/index.js";
import { openClient } from "./clients.js";

const RULES = { leaseMs: 60_000, ttlMs: 60_000, maxRuns: 1_000 };

async function append(store: RunStore, run: RunStatus, after: number): Promise<void> {
	const { id, attempt, term } = run;
	const entries = [{ data: String(after) }];
	expect(await store.write([{ id, attempt, term, after, entries, rules: RULES }])).toEqual([
		after + 1,
	]);
}

describe.skipIf(redisServerPath === undefined)("a run in Redis", () => {
	async function start() {
		const server = await startRedisServer();
		onTestFinished(() => server.stop());
		const proxy = await startTcpProxy(server.port);
		onTestFinished(() => proxy.close());
		const [here, there] = [
			await openClient("node-redis 6", server.port),
			await openClient("node-redis 6", proxy.port),
		];
		const store = redisRunStore({ client: here.client });
		const errors: unknown[] = [];
		// Its own failures have no receiver.
		const onError = async (error: unknown): Promise<void> => {
			errors.push(error);
			throw error;
		};
		const other = redisRunStore({ client: there.client, onError });
		onTestFinished(async () => {
			await store.close();
			await other.close();
			here.close();
			there.close();
		});
		const call = (...args: string[]): Promise<unknown> =>
			(here.client as { sendCommand(args: string[]): Promise<unknown> }).sendCommand(args);
		const { status: run } = await store.claim("r", RULES);
		const stream = `{sse}:run:r:${run.attempt}`;
		return { port: server.port, here, proxy, store, other, errors, call, run, stream };
	}

	it("whose beginning is gone is no longer kept: nothing of it is skipped", async () => {
		const { store, call, run, stream } = await start();
		for (let i = 0; i < 5; i++) await append(store, run, i);
		await call("XDEL", stream, "1-0", "2-0");
		expect(await store.read("r", run.attempt, 1, 9)).toBeUndefined();
		expect(await store.read("r", run.attempt, 3, 9)).toHaveLength(3);
	});

	// Redis evicts keys that expire one by one. With the status there and the entries gone, a reader asked for them every 50 ms, for
	// as long as the run was kept, and received neither an end nor a gap.
	it("that is over and has lost its entries is no longer kept for its readers", async () => {
		const { store, other, call, run, stream } = await start();
		const { id, attempt, term } = run;
		const done = { event: "done", data: "{}", end: "done" } as const;
		const entries = [{ data: "one" }, done];
		await store.write([{ id, attempt, term, after: 0, entries, rules: RULES }]);
		await call("DEL", stream);
		const runs = createRuns({ store: other });
		onTestFinished(() => runs.close());
		const response = await runs.follow(id, new Request("http://localhost/"));
		expect(await settled(response.text(), "the gap")).toContain('{"reason":"expired"}');
	});

	it("is read to its end when that does not arrive in the inbox", async () => {
		const { store, other, call, run, inbox } = await follow();
		const { id, attempt, term } = run;
		const done = { event: "done", data: "{}", end: "done" } as const;
		// The inbox is there, but nothing comes to it.
		await call("HDEL", "{sse}:run:r", "followers");
		await store.write([{ id, attempt, term, after: 1, entries: [done], rules: RULES }]);
		expect(await other.read(id, attempt, 2, 9)).toEqual([]);
		expect(await other.settle(id)).toMatchObject({ state: "done" });
		expect(await other.read(id, attempt, 2, 9)).toEqual([done]);
		expect(await call("EXISTS", inbox)).toBe(1);
	});

	it("may be evicted: whoever runs Redis is warned, once", async () => {
		const { here, call, run } = await start();
		await call("CONFIG", "SET", "maxmemory", "1gb", "maxmemory-policy", "volatile-lru");
		const errors: unknown[] = [];
		const store = redisRunStore({ client: here.client, onError: (error) => errors.push(error) });
		onTestFinished(() => store.close());
		store.watch(run, () => {});
		store.watch(run, () => {});
		await eventually(() => errors.length > 0, "the warning");
		await store.list(1);
		const message = expect.stringContaining("volatile-lru");
		expect(errors).toMatchObject([{ code: "ERR_SSE_LOG_CONFIG", message }]);
	});

	// Both had the same term, so both wrote, and each took the other's events for its own that were already stored.
	it("is written by one of two processes that took it over, because Redis lost that the first did", async () => {
		const { store, other, call, run } = await start();
		const { id, attempt, term } = run;
		await store.write([{ id, attempt, term, after: 0, entries: [], release: true, rules: RULES }]);
		const first = (await store.adopt(id, attempt, RULES)) as RunStatus;
		await call("HSET", "{sse}:run:r", "term", "1", "released", "1");
		const second = (await other.adopt(id, attempt, RULES)) as RunStatus;
		const writes = [first, second].map(({ term: own }) => ({
			...{ id, attempt, term: own, after: 0, entries: [{ data: `${own}` }], rules: RULES },
		}));
		expect(await store.write(writes)).toEqual([undefined, 1]);
	});

	// A part that was read before a failover was kept for other readers, and stood for what Redis had in its place.
	it("is read anew by a process that has lost its connection: Redis may have other entries now", async () => {
		const { proxy, store, other, call, run, stream } = await start();
		const { id, attempt } = run;
		for (let i = 0; i < 300; i++) await append(store, run, i);
		onTestFinished(other.onReleased(() => {}));
		expect(await other.read(id, attempt, 1, 2)).toEqual([{ data: "0" }, { data: "1" }]);
		await call("DEL", stream);
		for (let i = 1; i <= 300; i++) await call("XADD", stream, `${i}-0`, "e", `[[0,"new ${i}"]]`);
		proxy.cut();
		await eventually(async () => {
			const [entry] = (await other.read(id, attempt, 2, 1).catch(() => [])) ?? [];
			return entry?.data === "new 2";
		}, "what Redis has now");
	});

	// A connection can stay open to a server that is only a replica by now, and behind. A reader was answered that there is no run, and
	// an EventSource does not ask again after that.
	it.each<[string, (store: RunStore, attempt: string) => Promise<unknown>, unknown]>([
		["that there is no run", (store) => store.settle("t"), { state: "running" }],
		["that nothing is running", (store) => store.cancel("r", "", 60_000), true],
		["that it is not kept", (store, at) => store.read("r", at, 1, 9), [{ data: "0" }]],
	])("is asked about at the primary before a former one says %s", async (_, ask, answer) => {
		const { store, other, call, proxy, run: former } = await start();
		await store.cancel("r", "", 60_000);
		expect(await other.settle("r")).toMatchObject({ attempt: former.attempt, state: "cancelled" });
		// Whose replica it is, it does not reach.
		await call("REPLICAOF", "127.0.0.1", "1");
		const its = await start();
		await append(its.store, its.run, 0);
		await its.store.claim("t", RULES);
		proxy.target = its.port;
		const found = await ask(other, its.run.attempt);
		if (typeof answer === "object") expect(found).toMatchObject(answer as object);
		else expect(found).toBe(answer);
	});

	it("is not said to be none by a primary that its replicas may have left", async () => {
		const { store, call, run } = await start();
		await append(store, run, 0);
		await call("CONFIG", "SET", "min-replicas-to-write", "1");
		await expect(store.settle("other")).rejects.toThrow("NOREPLICAS");
		// What there is can be read.
		expect(await store.settle("r")).toMatchObject({ state: "running" });
		expect(await store.read("r", run.attempt, 1, 9)).toEqual([{ data: "0" }]);
	});

	/** Follows the run in the other process from its first entry on. */
	async function follow(): Promise<Awaited<ReturnType<typeof start>> & { inbox: string }> {
		const its = await start();
		const { store, other, call, run } = its;
		await append(store, run, 0);
		other.watch(run, () => {});
		let follower: unknown = null;
		await eventually(async () => {
			await other.read("r", run.attempt, 1, 9);
			follower = await call("HGET", "{sse}:run:r", "followers");
			return follower !== null;
		}, "the run to be followed");
		const inbox = `{sse}:runs-control:${String(follower).trim().split("/")[0]}`;
		return { ...its, inbox };
	}

	// A process followed with one connection a server that the other connection did not read from, as in a split.
	it("is read again when a follower receives entries after a hole", async () => {
		const { other, errors, call, run, stream, inbox } = await follow();
		await call("XADD", stream, "48-0", "e", '[[0,"47"]]');
		await call("XADD", inbox, "*", "l", `${run.attempt} 48 [[0,"47"]]`);
		await eventually(() => errors.length > 0, "the hole to be noticed");
		await eventually(
			async () => (await other.read("r", run.attempt, 2, 9)) === undefined,
			"the hole to be told",
		);
	});

	it("is followed on when Redis has removed the inbox of a process", async () => {
		const { store, other, errors, call, run, inbox } = await follow();
		let changes = 0;
		other.watch(run, () => changes++);
		await call("DEL", inbox);
		await append(store, run, 1);
		await eventually(() => changes > 0, "the loss to be noticed");
		expect(String(errors[0])).toContain("removed");
		expect(await other.read("r", run.attempt, 2, 9)).toEqual([{ data: "1" }]);
		const before = changes;
		await append(store, run, 2);
		await eventually(() => changes > before, "the next entry");
	});

	it("whose events are too long for an inbox arrives nevertheless", async () => {
		const { store, other, run } = await follow();
		const long = "x".repeat(100_000);
		for (const [after, data] of [long, "short", long].entries()) {
			const { id, attempt, term } = run;
			await store.write([
				{ id, attempt, term, after: after + 1, entries: [{ data }], rules: RULES },
			]);
			await eventually(
				async () => (await other.read("r", attempt, after + 2, 9))?.[0]?.data === data,
				"the event",
			);
		}
	});

	// What was beyond the first letter of a write was only announced: each run was read again, just when much was under way.
	it("arrives by itself, however much one write carries", async () => {
		const { store, other, call, run } = await follow();
		const { status: second } = await store.claim("s", RULES);
		other.watch(second, () => {});
		await eventually(async () => {
			await other.read("s", second.attempt, 1, 9);
			return (await call("HGET", "{sse}:run:s", "followers")) !== null;
		}, "the second run to be followed");
		const readsOf = async (): Promise<string | undefined> =>
			/cmdstat_xrange:calls=\d+/.exec(String(await call("INFO", "commandstats")))?.[0];
		const before = await readsOf();
		const data = "x".repeat(30_000);
		const write = ({ id, attempt, term }: RunStatus, after: number) => ({
			...{ id, attempt, term, after, entries: [{ data }], rules: RULES },
		});
		expect(await store.write([write(run, 1), write(second, 0)])).toEqual([2, 1]);
		await eventually(
			async () =>
				(await other.read("r", run.attempt, 2, 9))?.length === 1 &&
				(await other.read("s", second.attempt, 1, 9))?.length === 1,
			"both",
		);
		expect(await readsOf()).toBe(before);
	});

	it("goes no longer to a process whose last reader has left", async () => {
		const { store, other, call, run, inbox } = await follow();
		const stop = other.watch(run, () => {});
		stop();
		// The first watcher is still there.
		expect(await call("HGET", "{sse}:run:r", "followers")).not.toBeNull();
		const { status: second } = await store.claim("s", RULES);
		await append(store, second, 0);
		const leave = other.watch(second, () => {});
		await other.read("s", second.attempt, 1, 9);
		expect(await call("HGET", "{sse}:run:s", "followers")).not.toBeNull();
		leave();
		await eventually(
			async () => (await call("HGET", "{sse}:run:s", "followers")) === null,
			"Redis to know",
		);
		const before = await call("XREVRANGE", inbox, "+", "-", "COUNT", "1");
		for (let i = 1; i < 9; i++) await append(store, second, i);
		expect(await call("XREVRANGE", inbox, "+", "-", "COUNT", "1")).toEqual(before);
	});
});
