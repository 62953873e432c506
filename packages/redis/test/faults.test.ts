/**
 * What happens to a Redis: nothing is stored twice, in another order, or lost without that being seen.
 */
import { measureIdle, settled } from "@sse-service/testing";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { startTcpProxy, type TcpProxy } from "@sse-service/testing/tcp-proxy";
import type { Position, Stored } from "sse-service/engine";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LIBRARIES } from "./clients.js";
import { Lab, store, storing, textsOf, until, untilDone } from "./lab.js";

const BOTH = ["node-redis 6", "ioredis 6"];

describe.skipIf(redisServerPath === undefined)("faults", () => {
	let lab: Lab;

	beforeAll(async () => {
		lab = await Lab.start({ persistence: true });
	});
	afterAll(() => lab?.stop());
	beforeEach(() => lab.begin());
	afterEach(() => lab.clear());

	const many = (count: number, prefix = ""): string[] =>
		Array.from({ length: count }, (_, index) => `${prefix}${index}`);

	describe.each(BOTH)("over %s", (library) => {
		it("a Redis that is restarted with what it had continues", async () => {
			const engine = await lab.openEngine({ library });
			const before = await store(engine, "1");
			const following = engine.follow(1, () => {}, new AbortController().signal);
			following.catch(() => {});
			await lab.server.restart();
			await settled(
				following.catch(() => {}),
				"the end of following",
			);
			const answers = engine.append([storing("2")]);
			// A client may reject while it is not connected.
			const [first] = await answers;
			const after = first instanceof Error ? await untilDone(() => store(engine, "2")) : first;
			expect(after).toMatchObject({ epoch: before.epoch, sequence: 2 });
			expect(textsOf(await engine.read(1, 10))).toEqual(["1", "2"]);
		});

		it("a Redis that has forgotten every script receives them again, in the same order", async () => {
			const drivers = [await lab.openEngine({ library }), await lab.openEngine({ library })];
			const expected = drivers.map((_, driver) => many(300, `${driver}.`));
			const calls = expected[0]?.flatMap((_, index) => [
				index % 20 === 0 ? lab.call("SCRIPT", "FLUSH") : undefined,
				...drivers.map((engine, driver) => store(engine, expected[driver]?.[index] ?? "")),
				// So that calls are on their way at every moment of it.
				index % 7 === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined,
			]);
			await Promise.all(calls ?? []);
			const [engine] = drivers;
			const texts = textsOf((await engine?.read(1, 1_000)) ?? []);
			for (const [driver, own] of expected.entries()) {
				expect(texts.filter((text) => text.startsWith(`${driver}.`))).toEqual(own);
			}
		});

		it("connections that are killed again and again lose no acknowledged event and duplicate none", async () => {
			const engine = await lab.openEngine({ library });
			const acknowledged: string[] = [];
			for (let round = 0; round < 10; round++) {
				const texts = many(100, `${round}.`);
				const calls = texts.map(async (text) => {
					const [answer] = await engine.append([storing(text)]);
					if (!(answer instanceof Error)) acknowledged.push(text);
				});
				await lab.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
				await settled(Promise.all(calls), "the answers");
				await untilDone(() => engine.newest());
			}
			const texts = textsOf(await engine.read(1, 2_000));
			expect(new Set(texts).size).toBe(texts.length);
			expect(acknowledged.length).toBeGreaterThan(0);
			expect(acknowledged.filter((text) => !texts.includes(text))).toEqual([]);
			const order = (text: string): number =>
				Number(text.split(".")[0]) * 100 + Number(text.split(".")[1]);
			expect(texts).toEqual(texts.toSorted((a, b) => order(a) - order(b)));
		});

		it("a follower abandons a stalled connection", async () => {
			const engine = await lab.openEngine({ library });
			const following = engine.follow(0, () => {}, new AbortController().signal);
			following.catch(() => {});
			await lab.untilFollowed();
			await lab.server.kill("SIGSTOP");
			try {
				await expect(settled(following, "the end of following")).rejects.toThrow(
					"took longer than",
				);
			} finally {
				await lab.server.kill("SIGCONT");
			}
		});
	});

	describe("a batch that is sent again, because its answer was lost,", () => {
		let proxy: TcpProxy;

		beforeEach(async () => {
			proxy = await startTcpProxy(lab.server.port);
		});
		afterEach(() => proxy.close());

		it.each(LIBRARIES)("is stored once: %s", async (library) => {
			const engine = await lab.openEngine({ library, port: proxy.port });
			await store(engine, "first");
			const newest = async (): Promise<number> =>
				Number(await lab.call("HGET", lab.key("head"), "sequence"));
			proxy.mute("back");
			const calls = many(6).map((text) =>
				store(engine, text, { ownId: text, idempotencyKey: `key ${text}` }),
			);
			await until(async () => (await newest()) === 7 && proxy.lost > 0);
			proxy.cut();
			const answers = await settled(Promise.all(calls), "the answers");
			expect(answers).toMatchObject(
				many(6).map((_, index) => ({ sequence: index + 2, isNew: true })),
			);
			expect(proxy.lost).toBeGreaterThan(0);
			expect(textsOf(await engine.read(1, 100))).toEqual(["first", ...many(6)]);
			expect(await store(engine, "next")).toMatchObject({ sequence: 8 });
		});

		// The application's client may take a quarter of an hour to notice.
		it.each(LIBRARIES)(
			"because its connection no longer brings anything, is stored once, and in time: %s",
			async (library) => {
				const engine = await lab.openEngine({ library, port: proxy.port });
				await store(engine, "first");
				proxy.mute("back");
				const calls = [engine.newest(), ...many(3).map((text) => store(engine, text))];
				const idle = measureIdle();
				const answers = await Promise.all(calls);
				expect(idle()).toBeLessThan(5_000);
				expect(answers.slice(1)).toMatchObject([{ sequence: 2 }, { sequence: 3 }, { sequence: 4 }]);
				expect(proxy.lost).toBeGreaterThan(0);
				expect(textsOf(await engine.read(1, 100))).toEqual(["first", ...many(3)]);
			},
		);
	});

	it.each(BOTH)(
		"a Redis that refuses the password for a while is used again: %s",
		async (library) => {
			const user = { username: "sse", password: "secret" };
			const permit = (...rules: readonly string[]): Promise<unknown> =>
				lab.call("ACL", "SETUSER", user.username, "on", ...rules);
			await permit("resetpass", `>${user.password}`, "~*", "+@all");
			const engine = await lab.openEngine({ library, ...user });
			await store(engine, "1");
			await permit("resetpass", ">other");
			await lab.call("CLIENT", "KILL", "USER", user.username);
			await expect(store(engine, "2")).rejects.toBeInstanceOf(Error);
			await permit(`>${user.password}`);
			expect(await untilDone(() => store(engine, "3"))).toMatchObject({ sequence: 2 });
		},
	);

	describe("a key that is gone", () => {
		const latest = { latest: { group: "prices", key: "A", max: 10 } };

		/** A log of three events, of which the last is a group's newest. */
		async function filled(): Promise<{
			engine: Awaited<ReturnType<Lab["openEngine"]>>;
			at: Position;
		}> {
			const engine = await lab.openEngine();
			await engine.append(["1", "2"].map((text) => storing(text)));
			const at = await store(engine, "3", { ...latest, idempotencyKey: "once" });
			return { engine, at };
		}

		it("the head: the log is recreated, whichever comes first", async () => {
			for (const next of ["newest", "append", "latest", "tidy"] as const) {
				lab.begin();
				const { engine, at } = await filled();
				await lab.call("DEL", lab.key("head"));
				if (next === "append") expect(await store(engine, "x")).toMatchObject({ sequence: 1 });
				else if (next === "latest") expect(await engine.latest("prices")).toEqual([]);
				else await engine[next]();
				const newest = await engine.newest();
				expect(newest.epoch).not.toBe(at.epoch);
				expect(newest.sequence).toBe(next === "append" ? 1 : 0);
				expect(await engine.read(1, 10)).toHaveLength(newest.sequence);
				expect(await engine.latest("prices")).toEqual([]);
				expect(await store(engine, "3", { idempotencyKey: "once" })).toMatchObject({ isNew: true });
			}
		});

		it("the stream: it has been trimmed, and continues with the tag of the event before", async () => {
			const { engine, at } = await filled();
			await lab.call("DEL", lab.key("log"));
			expect(await engine.newest()).toMatchObject({ epoch: at.epoch, sequence: 3, tag: at.tag });
			expect(await store(engine, "4")).toMatchObject({ epoch: at.epoch, sequence: 4 });
			expect(await engine.read(1, 10)).toMatchObject([{ sequence: 4, previousTag: at.tag }]);
		});

		it.each(["latest:prices", "order:prices"])("%s: the log is recreated", async (name) => {
			for (const next of ["append", "latest"] as const) {
				lab.begin();
				const { engine, at } = await filled();
				await lab.call("DEL", lab.key(name));
				if (next === "append") await store(engine, "B", { latest: { ...latest.latest, key: "B" } });
				else await expect(engine.latest("prices")).rejects.toThrow("are gone");
				const newest = await engine.newest();
				expect(newest.epoch).not.toBe(at.epoch);
				expect(textsOf(await engine.latest("prices"))).toEqual(next === "append" ? ["B"] : []);
			}
		});

		it("a newest event of a group: the log is recreated", async () => {
			const { engine, at } = await filled();
			await store(engine, "B", { latest: { ...latest.latest, key: "B" } });
			await lab.call("HDEL", lab.key("latest:prices"), "A");
			await expect(engine.latest("prices")).rejects.toThrow("are gone");
			expect((await engine.newest()).epoch).not.toBe(at.epoch);
		});

		it("those of idempotency keys and writers: the log continues", async () => {
			const { engine, at } = await filled();
			await lab.call("DEL", lab.key("known"), lab.key("writers"));
			const calls = ["4", "5", "6"].map((text) => store(engine, text));
			expect((await Promise.all(calls)).map(({ sequence }) => sequence)).toEqual([4, 5, 6]);
			expect((await engine.newest()).epoch).toBe(at.epoch);
		});
	});

	describe("a stream that is not the head's", () => {
		it("because the head is of before: the log is recreated", async () => {
			const engine = await lab.openEngine();
			const at = await store(engine, "1");
			await lab.call("COPY", lab.key("head"), lab.key("copy"));
			await store(engine, "2");
			await lab.call("COPY", lab.key("copy"), lab.key("head"), "REPLACE");
			await expect(store(engine, "3")).rejects.toThrow("equal or smaller");
			expect((await engine.newest()).epoch).not.toBe(at.epoch);
			expect(await store(engine, "3")).toMatchObject({ sequence: 1 });
		});

		it("because the stream is of before: what is missing is seen by the tag of the event before", async () => {
			const engine = await lab.openEngine();
			await store(engine, "1");
			await lab.call("COPY", lab.key("log"), lab.key("copy"));
			const { tag } = await store(engine, "2");
			await lab.call("COPY", lab.key("copy"), lab.key("log"), "REPLACE");
			await store(engine, "3");
			expect(await engine.read(1, 10)).toMatchObject([
				{ sequence: 1 },
				{ sequence: 3, previousTag: tag },
			]);
		});

		it("because others write to it: they are refused, and the log is recreated", async () => {
			const engine = await lab.openEngine();
			const at = await store(engine, "1");
			const following = engine.follow(1, () => {}, new AbortController().signal);
			await lab.call("XADD", lab.key("log"), "*", "a", "b");
			await expect(settled(following, "its end")).rejects.toThrow("not an event of the log");
			await expect(engine.read(1, 10)).rejects.toThrow("not an event of the log");
			expect((await engine.newest()).epoch).not.toBe(at.epoch);
			expect(await engine.read(1, 10)).toEqual([]);
		});

		// Such an entry made the log unreadable, while appends behind it were acknowledged.
		it("an entry that others put between two events is skipped, and trimmed with them", async () => {
			const engine = await lab.openEngine({ limits: { maxBytes: 20_000 } });
			const at = await store(engine, "1");
			const taken: Stored[] = [];
			const controller = new AbortController();
			const following = engine.follow(0, (stored) => void taken.push(...stored), controller.signal);
			for (const id of ["1-1", "1-2"]) await lab.call("XADD", lab.key("log"), id, "a", "b");
			expect(await engine.newest()).toMatchObject({ epoch: at.epoch, sequence: 1, tag: at.tag });
			const next = await store(engine, "2");
			await lab.call("XADD", lab.key("log"), "2-7", "t", "b");
			await until(async () => textsOf(taken).join() === "1,2");
			expect(next).toMatchObject({ epoch: at.epoch, sequence: 2 });
			expect(textsOf(await engine.read(1, 10))).toEqual(["1", "2"]);
			expect((await engine.read(2, 1))[0]).toMatchObject({ previousTag: at.tag });
			await lab.call("XTRIM", lab.key("log"), "MINID", "1-1");
			for (let count = 3; count < 40; count++) await store(engine, `${count}`.padEnd(1_000));
			await engine.tidy();
			expect(await engine.newest()).toMatchObject({ epoch: at.epoch, sequence: 39 });
			expect((await engine.read(1, 1))[0]?.sequence).toBeGreaterThan(2);
			controller.abort();
			await following;
			expect(taken).toHaveLength(39);
		});
	});

	it.each(["head", "log", "known", "known-before", "writers", "latest:prices", "order:prices"])(
		"a key %s of another program is left alone, and nothing is stored",
		async (name) => {
			const engine = await lab.engine();
			await lab.call("SET", lab.key(name), "mine");
			const entries = [
				storing("1"),
				storing("2", {
					idempotencyKey: "once",
					latest: { group: "prices", key: "A", max: 10 },
				}),
			];
			for (const answer of await engine.append(entries)) {
				expect(answer).toMatchObject({ message: expect.stringContaining("WRONGTYPE") });
			}
			expect(await lab.call("GET", lab.key(name))).toBe("mine");
			await lab.call("DEL", lab.key(name));
			expect(await engine.newest()).toMatchObject({ sequence: 0 });
		},
	);

	it("a log of another format is refused, and left alone", async () => {
		const engine = await lab.openEngine();
		await store(engine, "1");
		await lab.call("HSET", lab.key("head"), "format", "2.1");
		const refusal = { code: "ERR_SSE_LOG_VERSION", message: expect.stringContaining("2.1") };
		await expect(engine.open(() => {})).rejects.toMatchObject(refusal);
		await expect(engine.newest()).rejects.toMatchObject(refusal);
		expect(await engine.append([storing("2")])).toMatchObject([refusal]);
		await expect(engine.latest("prices")).rejects.toMatchObject(refusal);
		await expect(engine.tidy()).rejects.toMatchObject(refusal);
		expect(await lab.call("XLEN", lab.key("log"))).toBe(1);
	});

	it("a replica is not mistaken for the primary", async () => {
		const engine = await lab.openEngine();
		await store(engine, "1");
		const following = engine.follow(1, () => {}, new AbortController().signal);
		let isOver = false;
		const ended = expect(following)
			.rejects.toThrow("UNBLOCKED")
			.finally(() => {
				isOver = true;
			});
		// Redis says so to those alone that wait at that moment, which nobody does between two reads.
		await until(async () => {
			await lab.untilFollowed();
			await lab.call("REPLICAOF", "127.0.0.1", "1");
			try {
				await expect(engine.newest()).rejects.toThrow("READONLY");
			} finally {
				await lab.call("REPLICAOF", "NO", "ONE");
			}
			return isOver;
		});
		await ended;
		expect(await engine.newest()).toMatchObject({ sequence: 1 });
	});

	it("a Redis without memory stores nothing, says so, and continues when it has some", async () => {
		const engine = await lab.openEngine();
		await store(engine, "1");
		await lab.call("CONFIG", "SET", "maxmemory", "1");
		try {
			await expect(store(engine, "2")).rejects.toThrow("OOM");
			// What is there can be asked for.
			expect(await engine.newest()).toMatchObject({ sequence: 1 });
			expect(await engine.read(1, 10)).toHaveLength(1);
		} finally {
			await lab.call("CONFIG", "SET", "maxmemory", "0");
		}
		const calls = ["2", "3", "4"].map((text) => store(engine, text));
		expect((await Promise.all(calls)).map(({ sequence }) => sequence)).toEqual([2, 3, 4]);
	});
});
