/**
 * How much Redis keeps, and the warnings for its operator.
 */
import { setTimeout as pause } from "node:timers/promises";
import { inTime, measureIdle } from "@sse-service/testing";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Lab, store, storing, textsOf, until, untilDone } from "./lab.js";

describe.skipIf(redisServerPath === undefined)("limits", () => {
	let lab: Lab;

	beforeAll(async () => {
		lab = await Lab.start();
	});
	afterAll(() => lab?.stop());
	beforeEach(() => lab.begin());
	afterEach(() => lab.clear());

	const kept = async (): Promise<number> => Number(await lab.call("XLEN", lab.key("log")));

	describe("a log keeps", () => {
		it("as many events as configured, and at most a block more", async () => {
			const engine = await lab.openEngine({ limits: { maxEvents: 1_000 } });
			await engine.append(Array.from({ length: 5_000 }, (_, index) => storing(`${index}`)));
			expect(await kept()).toBeGreaterThanOrEqual(1_000);
			expect(await kept()).toBeLessThanOrEqual(1_100);
			const [last] = await engine.read(5_000, 1);
			expect(last).toMatchObject({ sequence: 5_000, text: "4999" });
		});

		it("as many bytes as configured, whatever the events are like", async () => {
			const maxBytes = 256 * 1024;
			const engine = await lab.openEngine({ limits: { maxBytes } });
			for (const length of [10, 10_000, 100, 200_000, 1_000]) {
				const entries = Array.from({ length: (4 * maxBytes) / (length + 64) }, () =>
					storing("x".repeat(length)),
				);
				// In parts, each again when it was not answered in time.
				for (let from = 0; from < entries.length; from += 1_000) {
					await untilDone(async () => {
						const answers = await engine.append(entries.slice(from, from + 1_000));
						for (const answer of answers) if (answer instanceof Error) throw answer;
					});
				}
				const bytes = (await kept()) * (length + 64);
				expect(bytes).toBeLessThanOrEqual(maxBytes);
				// More than the sixteenth goes that it is trimmed by, where that is not whole events.
				expect(bytes).toBeGreaterThan(maxBytes * (15 / 16) - length - 64 - 1);
			}
			const stored = await engine.read(1, 5_000);
			for (const [index, { sequence, previousTag }] of stored.entries()) {
				const before = stored[index - 1];
				if (before === undefined) continue;
				expect(sequence).toBe(before.sequence + 1);
				expect(previousTag).toBe(before.tag);
			}
		});

		it("no event that is larger than all it may keep, and refuses only that one", async () => {
			const engine = await lab.openEngine({ limits: { maxBytes: 1_000 } });
			const entries = ["1", "2", "ä".repeat(500), "3"].map((text) => storing(text));
			expect(await engine.append(entries)).toMatchObject([
				{ sequence: 1 },
				{ sequence: 2 },
				{ code: "ERR_SSE_INVALID_DATA", message: expect.stringContaining("maxBytes") },
				{ sequence: 3 },
			]);
			expect(textsOf(await engine.read(1, 10))).toEqual(["1", "2", "3"]);
			await store(engine, "x".repeat(800));
			expect(textsOf(await engine.read(4, 10))).toEqual(["x".repeat(800)]);
		});

		it("no event that is older than configured, once it is tidied up", async () => {
			const patient = await lab.openEngine({ limits: { maxAgeMs: 600_000 } });
			const engine = await lab.openEngine({ limits: { maxAgeMs: 500 } });
			await engine.append(Array.from({ length: 300 }, (_, index) => storing(`${index}`)));
			await patient.tidy();
			expect(await kept()).toBe(300);
			const { last, left } = await inTime(1_000, async () => {
				await pause(600);
				const last = await store(engine, "new");
				await engine.tidy();
				return { last, left: await engine.read(1, 1_000) };
			});
			expect(left).toMatchObject([{ sequence: last.sequence, tag: last.tag, text: "new" }]);
		});
	});

	// It ended after 32 entries, however large: the limit was looked at between them.
	it("a page that is read ends after a MiB", async () => {
		const engine = await lab.openEngine();
		// One by one: an append has a time to be answered in, and a busy machine takes long over some MiB.
		const large = "x".repeat(400 * 1024);
		for (let count = 0; count < 8; count++) await untilDone(() => store(engine, large));
		const stored = await untilDone(() => engine.read(3, 100));
		expect(stored.map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
	});

	describe("an idempotency key", () => {
		it("is forgotten after its time, and not before", async () => {
			const engine = await lab.openEngine({ limits: { idempotencyMs: 300 } });
			const key = { idempotencyKey: "once" };
			const { sequence } = await store(engine, "x", key);
			const [{ at = 0 } = {}] = await engine.read(sequence, 1);
			const idle = measureIdle();
			let now = at;
			await until(async () => {
				await engine.tidy();
				const { isNew } = await store(engine, "x", key);
				now = Date.now();
				return isNew;
			});
			expect(now - at).toBeGreaterThanOrEqual(300);
			expect(idle()).toBeLessThan(5_000);
		});

		it("that differs in text without a UTF-8 form is another key, and so are groups and their keys", async () => {
			const engine = await lab.openEngine();
			for (const odd of ["\ud800", "\ud801"]) {
				const latest = { group: odd, key: odd, max: 10 };
				expect(
					await store(engine, odd.length.toString(), { idempotencyKey: odd, latest }),
				).toMatchObject({
					isNew: true,
				});
				await engine.post(odd, "x", 60_000);
			}
			expect(await engine.latest("\ud800")).toHaveLength(1);
			expect([...(await engine.posted()).keys()].sort()).toEqual(["\ud800", "\ud801"]);
		});
	});

	it("text without a UTF-8 form is refused alone", async () => {
		const engine = await lab.openEngine();
		const answers = await engine.append([storing("1"), storing("\ud800"), storing("3")]);
		expect(answers).toMatchObject([
			{ sequence: 1 },
			{ message: expect.stringContaining("UTF-8") },
			{ sequence: 2 },
		]);
		expect(textsOf(await engine.read(1, 10))).toEqual(["1", "3"]);
	});

	it("writers are forgotten an hour after their last batch", async () => {
		const gone = await lab.openEngine();
		await store(gone, "1");
		const [writer = ""] = (await lab.call("HKEYS", lab.key("writers"))) as string[];
		const engine = await lab.openEngine();
		await store(engine, "2");
		await lab.call("HSET", lab.key("writers"), writer, `1 ${Date.now() - 3_700_000}`);
		expect(await lab.call("HLEN", lab.key("writers"))).toBe(4);
		await engine.tidy();
		expect(await lab.call("HLEN", lab.key("writers"))).toBe(2);
		expect(await store(engine, "3")).toMatchObject({ sequence: 3 });
		expect(await store(gone, "4")).toMatchObject({ sequence: 4 });
	});

	describe("the operator of Redis", () => {
		async function warnings(user?: { username: string; password: string }): Promise<string[]> {
			const told: string[] = [];
			const engine = await lab.engine({ ...user });
			await engine.open((message) => told.push(message));
			return told;
		}

		afterEach(async () => {
			await lab.call("CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction");
		});

		it("receives no warning if nothing is evicted", async () => {
			expect(await warnings()).toEqual([]);
			await lab.call("CONFIG", "SET", "maxmemory", "1gb", "maxmemory-policy", "volatile-lru");
			expect(await warnings()).toEqual([]);
		});

		it("is warned if events may be evicted", async () => {
			await lab.call("CONFIG", "SET", "maxmemory", "1gb", "maxmemory-policy", "allkeys-lru");
			expect(await warnings()).toMatchObject([expect.stringContaining("allkeys-lru")]);
		});

		it("is warned if there is less memory than the log may take", async () => {
			await lab.call("CONFIG", "SET", "maxmemory", "10mb");
			expect(await warnings()).toMatchObject([expect.stringContaining("10485760")]);
		});

		it("is not asked if that is forbidden", async () => {
			await lab.call("CONFIG", "SET", "maxmemory", "10mb");
			await lab.call("ACL", "SETUSER", "shy", "on", ">secret", "~*", "+@all", "-info");
			expect(await warnings({ username: "shy", password: "secret" })).toEqual([]);
		});
	});
});
