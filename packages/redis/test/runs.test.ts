/**
 * Runs of several processes over Redis.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { eventually } from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { describeSharedRuns } from "@sse-service/testing/shared-runs";
import { createRuns, type Runs } from "sse-service/runs";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { redisRunStore } from "../src/index.js";
import { type OpenClient, openClient } from "./clients.js";

let prefixes = 0;

describe.skipIf(redisServerPath === undefined)("runs over Redis", () => {
	let server: Awaited<ReturnType<typeof startRedisServer>>;
	let opened: OpenClient;
	let prefix = "several 0";

	beforeAll(async () => {
		server = await startRedisServer();
		opened = await openClient("node-redis 6", server.port);
	});
	afterAll(async () => {
		opened.close();
		await server.stop();
	});

	const open = (options = {}): Runs =>
		createRuns({ store: redisRunStore({ client: opened.client, prefix }), ...options });

	describeSharedRuns("over Redis", {
		open: async (options) => open(options),
		spawnProducer(leaseMs) {
			const program = join(import.meta.dirname, "apps/run-producer.mjs");
			const args = [program, String(server.port), prefix, String(leaseMs)];
			return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
		},
		close() {
			prefix = `several ${++prefixes}`;
		},
	});

	it("go to those that follow, and to nobody else", async () => {
		const [producer, idle] = [open(), open()];
		// It follows something, so that its connection is there.
		await idle.start("other", () => {});
		const admin = await openClient("ioredis 6", server.port);
		onTestFinished(async () => {
			await producer.close();
			await idle.close();
			admin.close();
		});
		const call = (...args: string[]): Promise<unknown> =>
			(admin.client as { call(...args: string[]): Promise<unknown> }).call(...args);
		const readsOf = async (): Promise<number> => {
			const stats = String(await call("INFO", "commandstats"));
			return Number(/cmdstat_xread:calls=(\d+)/.exec(stats)?.[1] ?? 0);
		};
		const before = await readsOf();
		await producer.start("answer", async (run) => {
			for (let i = 0; i < 500; i++) await run.send("token");
		});
		let state: string | undefined;
		const isOver = async (): Promise<boolean> => {
			state = (await producer.status("answer"))?.state;
			return state !== "running";
		};
		await eventually(isOver, "the end of the run");
		// Only the waits of two seconds that each process makes for cancellations.
		expect((await readsOf()) - before).toBeLessThan(20);
		expect(state).toBe("done");
	});
});
