/**
 * Posts are removed when they expire, even if the process that posted them has ended and nobody reads them.
 */
import { redisServerPath } from "@sse-service/testing/redis-server";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Lab, until } from "./lab.js";

describe.skipIf(redisServerPath === undefined)("what is posted", () => {
	let lab: Lab;

	beforeAll(async () => {
		lab = await Lab.start();
	});
	beforeEach(() => lab.begin());
	afterEach(() => lab.clear());
	afterAll(() => lab.stop());

	const names = async (): Promise<string[]> =>
		((await lab.call("HKEYS", lab.key("posts"))) as string[]).toSorted();
	const now = async (): Promise<number> => {
		const [seconds, microseconds] = (await lab.call("TIME")) as [string, string];
		return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
	};
	const isOver = async (end: number): Promise<void> => until(async () => (await now()) > end + 1);

	it("is removed by the next post", async () => {
		const engine = await lab.openEngine();
		await engine.post("gone", "1", 20);
		await isOver((await now()) + 20);
		await engine.post("here", "2", 60_000);
		expect(await names()).toEqual(["here"]);
		expect(await lab.call("ZCARD", lab.key("post-ends"))).toBe(1);
	});

	it("is removed by tidying up, and stays while it is posted again", async () => {
		const engine = await lab.openEngine();
		for (const ttlMs of [20, 60_000]) await engine.post("posted again", `${ttlMs}`, ttlMs);
		await engine.post("gone", "1", 20);
		await isOver((await now()) + 20);
		await engine.tidy();
		expect(await names()).toEqual(["posted again"]);
		expect(await engine.posted()).toEqual(new Map([["posted again", "60000"]]));
	});

	it("by 2.0.0, which enters no end, is removed as well, and no earlier", async () => {
		const engine = await lab.openEngine();
		const posted = await now();
		const post200 = (name: string, ttlMs: number): Promise<unknown> =>
			lab.call("HSET", lab.key("posts"), name, `${Math.floor(posted) + ttlMs} text`);
		await post200("gone", 0);
		await post200("here", 60_000);
		await isOver(posted);
		await engine.tidy();
		expect(await names()).toEqual(["here"]);
		// It posts again, behind the end that was entered.
		await lab.call("ZADD", lab.key("post-ends"), "1", "here");
		await engine.tidy();
		expect(await engine.posted()).toEqual(new Map([["here", "text"]]));
		await post200("here", 0);
		await lab.call("ZADD", lab.key("post-ends"), "1", "here");
		await engine.tidy();
		expect(await names()).toEqual([]);
	});
});
