/**
 * What readers of a run receive when Redis has lost a part of it.
 */
import { eventually } from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { startTcpProxy } from "@sse-service/testing/tcp-proxy";
import type { RunStatus, RunStore } from "sse-service/runs";
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
		return { proxy, store, other, errors, call, run, stream: `{sse}:run:r:${run.attempt}` };
	}

	it("whose beginning is gone is no longer kept: nothing of it is skipped", async () => {
		const { store, call, run, stream } = await start();
		for (let i = 0; i < 5; i++) await append(store, run, i);
		await call("XDEL", stream, "1-0", "2-0");
		expect(await store.read("r", run.attempt, 1, 9)).toBeUndefined();
		expect(await store.read("r", run.attempt, 3, 9)).toHaveLength(3);
	});

	// A process followed with one connection a server that the other connection did not read from, as in a split.
	it("is read again when a follower receives entries after a hole", async () => {
		const { store, other, errors, call, run, stream } = await start();
		other.watch(run, () => {});
		await append(store, run, 0);
		expect(await other.read("r", run.attempt, 1, 9)).toHaveLength(1);
		await call("XADD", stream, "48-0", "e", '[[0,"47"]]');
		await eventually(() => errors.length > 0, "the hole to be noticed");
		await eventually(
			async () => (await other.read("r", run.attempt, 2, 9)) === undefined,
			"the hole to be told",
		);
	});
});
