/**
 * What every engine of an event log promises to the core: text in, the same text out, in one order for all.
 */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { measureIdle } from "./idle-time.js";
import { eventually, settled } from "./waiting.js";

// The core's own types say the same: it is tested with this package, so this one cannot depend on it.

interface PositionOf {
	readonly epoch: string;
	readonly sequence: number;
	readonly tag: string;
}

interface StoredOf {
	readonly sequence: number;
	readonly tag: string;
	readonly ownTag?: string | undefined;
	readonly previousTag?: string | undefined;
	readonly at: number;
	readonly text: string;
}

interface StoringOf {
	readonly text: string;
	readonly tag: string;
	readonly ownId?: string | undefined;
	readonly idempotencyKey?: string | undefined;
	readonly latest?:
		| { readonly group: string; readonly key: string; readonly max: number }
		| undefined;
}

interface StoredAtOf extends PositionOf {
	readonly ownId?: string | undefined;
	readonly isNew: boolean;
}

export interface LogEngineOf {
	readonly name: string;
	open(warn: (message: string) => void): Promise<void>;
	newest(): Promise<PositionOf & { readonly now?: number | undefined }>;
	append(entries: readonly StoringOf[]): Promise<readonly (StoredAtOf | Error)[]>;
	read(from: number, limit: number): Promise<readonly StoredOf[]>;
	follow(
		after: number,
		take: (stored: readonly StoredOf[]) => void,
		signal: AbortSignal,
	): Promise<void>;
	latest(group: string): Promise<readonly StoredOf[]>;
	tidy?(): Promise<void>;
	post(name: string, text: string, ttlMs: number): Promise<void>;
	posted(): Promise<ReadonlyMap<string, string>>;
	close(): Promise<void>;
}

/** One log, and what befalls it. */
export interface LogOfEngine {
	/** A driver of its own, as another process has one. It is not open yet; the suite closes it. */
	driver(): LogEngineOf | Promise<LogEngineOf>;
	/** Everything that was stored is gone, as after a restart without persistence; drivers can continue when this has resolved. */
	lose(): Promise<void>;
	/** The events up to this one are gone. */
	trim(sequence: number): Promise<void>;
	/** Break every connection that a driver follows the log on, as a network does. */
	cut(): Promise<void>;
}

export interface LogEngineHarness {
	/** A new log, which has nothing to do with those before it. */
	create(): LogOfEngine | Promise<LogOfEngine>;
}

/** More than any engine takes or hands over at once. */
const MANY = 2_500;

let tags = 0;

/** An event as the core has it stored. */
function storing(text: string, more: Partial<StoringOf> = {}): StoringOf {
	return { text, tag: (36 ** 5 + tags++).toString(36), ...more };
}

function storingMany(count: number, prefix = ""): StoringOf[] {
	return Array.from({ length: count }, (_, index) => storing(`${prefix}${index}`));
}

/** Run the claims over one kind of engine. */
export function describeLogEngine(name: string, harness: LogEngineHarness): void {
	describe(name, () => {
		let log: LogOfEngine;
		let engine: LogEngineOf;
		const opened: LogEngineOf[] = [];
		const followers: Follower[] = [];

		const open = async (): Promise<LogEngineOf> => {
			const driver = await log.driver();
			opened.push(driver);
			await driver.open(() => {});
			return driver;
		};
		const follow = (after: number, by: LogEngineOf = engine): Follower => {
			const follower = new Follower(by, after);
			followers.push(follower);
			return follower;
		};
		beforeEach(async () => {
			log = await harness.create();
			engine = await open();
		});
		afterEach(async () => {
			for (const follower of followers.splice(0)) await follower.stop();
			for (const driver of opened.splice(0)) await driver.close();
		});

		/** Append, and have all of it stored. */
		const append = async (
			entries: readonly StoringOf[],
			to: LogEngineOf = engine,
		): Promise<StoredAtOf[]> =>
			(await to.append(entries)).map((answer) => {
				if (answer instanceof Error) throw answer;
				return answer;
			});
		const appendOne = async (text: string, more: Partial<StoringOf> = {}): Promise<StoredAtOf> => {
			const [at] = await append([storing(text, more)]);
			if (at === undefined) throw new Error(`nothing was answered for ${text}`);
			return at;
		};
		const textsOf = (stored: readonly StoredOf[]): string[] => stored.map(({ text }) => text);

		describe("a log", () => {
			it("is empty at first, and has an epoch, which every driver sees", async () => {
				const position = await newestOf(engine);
				expect(position).toMatchObject({ sequence: 0, tag: "0" });
				expect(position.epoch).toMatch(/^[\w-]{1,21}$/);
				const others = await Promise.all([open(), open()]);
				for (const other of others) expect(await newestOf(other)).toEqual(position);
				expect(await engine.read(1, 10)).toEqual([]);
			});

			it("that has just been made by several drivers at once has one epoch", async () => {
				log = await harness.create();
				const drivers = await Promise.all([open(), open(), open()]);
				const epochs = await Promise.all(
					drivers.map(async (driver) => (await driver.newest()).epoch),
				);
				expect(new Set(epochs).size).toBe(1);
			});

			it("can be opened again, and is as it was", async () => {
				await appendOne("1");
				const position = await newestOf(engine);
				await engine.open(() => {});
				expect(await newestOf(engine)).toEqual(position);
			});

			it("shows the engine's clock, if it shows one, as the clock that dates its events", async () => {
				const before = await engine.newest();
				await appendOne("1");
				const [stored] = await engine.read(1, 1);
				const { now = stored?.at ?? 0 } = await engine.newest();
				expect(stored?.at).toBeGreaterThanOrEqual(before.now ?? 0);
				expect(Math.abs(now - (stored?.at ?? 0))).toBeLessThan(60_000);
			});

			it("has nothing to do with another", async () => {
				await appendOne("1");
				const first = engine;
				log = await harness.create();
				engine = await open();
				expect(await engine.newest()).toMatchObject({ sequence: 0 });
				expect((await engine.newest()).epoch).not.toBe((await first.newest()).epoch);
			});
		});

		describe("append", () => {
			it("answers where each is, from 1 on, and leaves no number out", async () => {
				const { epoch } = await engine.newest();
				const entries = storingMany(5);
				const expected = entries.map((_, index) => ({ epoch, sequence: index + 1, isNew: true }));
				expect(await append(entries)).toMatchObject(expected);
				const { tag, ...next } = await appendOne("next");
				expect(next).toMatchObject({ epoch, sequence: 6 });
				expect(await newestOf(engine)).toEqual({ epoch, sequence: 6, tag });
			});

			it("of nothing answers nothing", async () => {
				expect(await engine.append([])).toEqual([]);
			});

			it("takes any number of entries, and keeps their order", async () => {
				const entries = storingMany(MANY);
				const answers = await append(entries);
				expect(answers.map(({ sequence }) => sequence)).toEqual(
					entries.map((_, index) => index + 1),
				);
				expect(textsOf(await engine.read(1, MANY))).toEqual(textsOfStoring(entries));
			});

			it("takes any text, and gives it back as it was", async () => {
				const texts = [
					"",
					" ",
					"a\nb\r\n\tc",
					"\u0000",
					"ä€😀",
					'{"a":"\\"b\\""}',
					"x".repeat(1_000_000),
				];
				await append(texts.map((text) => storing(text)));
				expect(textsOf(await engine.read(1, texts.length))).toEqual(texts);
			});

			it("keeps the order of calls that do not wait for each other", async () => {
				const calls = Array.from({ length: 50 }, (_, index) => storingMany(20, `${index}.`));
				await Promise.all(calls.map((entries) => append(entries)));
				expect(textsOf(await engine.read(1, 1_000))).toEqual(textsOfStoring(calls.flat()));
			});

			it("by several drivers at once leaves no number out, and keeps the order of each", async () => {
				const drivers = [engine, await open(), await open()];
				const calls = drivers.map((driver, index) => ({
					driver,
					batches: Array.from({ length: 20 }, (_, batch) => storingMany(10, `${index}.${batch}.`)),
				}));
				const answers = await Promise.all(
					calls.flatMap(({ driver, batches }) => batches.map((entries) => append(entries, driver))),
				);
				const sequences = answers.flat().map(({ sequence }) => sequence);
				expect(sequences.sort((a, b) => a - b)).toEqual(
					Array.from({ length: 600 }, (_, index) => index + 1),
				);
				const texts = textsOf(await engine.read(1, 600));
				for (const [index, { batches }] of calls.entries()) {
					expect(texts.filter((text) => text.startsWith(`${index}.`))).toEqual(
						textsOfStoring(batches.flat()),
					);
				}
			});

			it("with an idempotency key that is known stores nothing, and answers the first", async () => {
				const first = await appendOne("1", { idempotencyKey: "once", ownId: "own" });
				expect(first).toMatchObject({ sequence: 1, isNew: true });
				const again = { ...first, ownId: "own", isNew: false };
				expect(await appendOne("2", { idempotencyKey: "once", ownId: "other" })).toEqual(again);
				const other = await open();
				expect(await append([storing("3", { idempotencyKey: "once" })], other)).toEqual([again]);
				expect(await appendOne("4", { idempotencyKey: "twice" })).toMatchObject({ sequence: 2 });
				expect(textsOf(await engine.read(1, 10))).toEqual(["1", "4"]);
			});

			it("knows an idempotency key within one call, and answers its own for the others", async () => {
				const answers = await append([
					storing("1"),
					storing("2", { idempotencyKey: "a: key, of ütf-8" }),
					storing("3", { idempotencyKey: "a: key, of ütf-8" }),
					storing("4"),
				]);
				expect(answers.map(({ sequence, isNew }) => [sequence, isNew])).toEqual([
					[1, true],
					[2, true],
					[2, false],
					[3, true],
				]);
			});

			it("with an idempotency key stores once, whichever of several drivers is first", async () => {
				const drivers = [engine, await open(), await open()];
				const answers = await Promise.all(
					drivers.flatMap((driver) =>
						Array.from({ length: 5 }, () =>
							append([storing("1", { idempotencyKey: "once" })], driver),
						),
					),
				);
				expect(answers.flat().filter(({ isNew }) => isNew)).toHaveLength(1);
				expect(new Set(answers.flat().map(({ tag }) => tag)).size).toBe(1);
				expect(await engine.newest()).toMatchObject({ sequence: 1 });
			});
		});

		describe("read", () => {
			it("gives what is from a sequence on, that one included, and no more than it is asked for", async () => {
				const entries = storingMany(30);
				await append(entries);
				expect(textsOf(await engine.read(11, 10))).toEqual(textsOfStoring(entries.slice(10, 20)));
				expect(textsOf(await engine.read(30, 10))).toEqual(["29"]);
				expect(await engine.read(31, 10)).toEqual([]);
			});

			it("says of each what it was stored as, and after which", async () => {
				const entries = storingMany(3);
				const answers = await append(entries);
				const stored = await engine.read(1, 10);
				expect(stored).toMatchObject(
					answers.map(({ sequence, tag }, index) => ({
						sequence,
						tag,
						text: entries[index]?.text,
					})),
				);
				const ownTags = stored.map(({ tag, ownTag = tag }) => ownTag);
				expect(ownTags).toEqual(entries.map(({ tag }) => tag));
				for (const [index, { previousTag }] of stored.entries()) {
					if (previousTag !== undefined) {
						expect(previousTag).toBe(index === 0 ? "0" : answers[index - 1]?.tag);
					}
				}
				const times = stored.map(({ at }) => at);
				expect(times).toEqual([...times].sort((a, b) => a - b));
				// Both clocks are this machine's.
				for (const at of times) expect(Math.abs(Date.now() - at)).toBeLessThan(3_600_000);
			});

			it("leaves out what is gone at the beginning, and nothing else", async () => {
				await append(storingMany(500));
				await log.trim(200);
				const [first, ...rest] = await engine.read(1, 10);
				expect(first).toMatchObject({ sequence: 201, text: "200" });
				expect(rest).toHaveLength(9);
				expect(await engine.newest()).toMatchObject({ sequence: 500 });
				expect(await appendOne("next")).toMatchObject({ sequence: 501 });
			});

			it("gives nothing where all is gone, and the numbers continue", async () => {
				await append(storingMany(10));
				await log.trim(10);
				expect(await engine.read(1, 10)).toEqual([]);
				const at = await appendOne("next");
				expect(at).toMatchObject({ sequence: 11 });
				expect(await engine.read(1, 10)).toMatchObject([{ sequence: 11, tag: at.tag }]);
			});
		});

		describe("follow", () => {
			it("hands over what was there and what comes, in order, each once", async () => {
				await append(storingMany(MANY, "a"));
				const follower = follow(100);
				await follower.until(MANY);
				for (let index = 0; index < 20; index++) await append(storingMany(10, `b${index}.`));
				await follower.until(MANY + 200);
				expect(follower.sequences).toEqual(
					Array.from({ length: MANY + 100 }, (_, index) => 101 + index),
				);
				expect(follower.stored).toEqual(await engine.read(101, MANY + 100));
			});

			it("begins in an empty log, and at the newest event", async () => {
				const fromStart = follow(0);
				await appendOne("1");
				await fromStart.until(1);
				const fromNewest = follow(1);
				await appendOne("2");
				await fromNewest.until(2);
				expect(fromNewest.sequences).toEqual([2]);
				expect(fromStart.sequences).toEqual([1, 2]);
			});

			it("says at once that the log is followed, though nothing is there", async () => {
				const controller = new AbortController();
				const taken: (readonly StoredOf[])[] = [];
				const ended = engine.follow(0, (stored) => taken.push(stored), controller.signal);
				await eventually(() => taken.length > 0, "the first call");
				expect(taken[0]).toEqual([]);
				controller.abort();
				await settled(ended, "the end");
			});

			it("leaves nothing out while several drivers append, and is the same for all", async () => {
				const drivers = [engine, await open(), await open()];
				const followers = drivers.map((driver) => follow(0, driver));
				await Promise.all(
					drivers.flatMap((driver, index) =>
						Array.from({ length: 100 }, (_, batch) =>
							append(storingMany(5, `${index}.${batch}.`), driver),
						),
					),
				);
				for (const follower of followers) await follower.until(1_500);
				const [first, ...others] = followers.map(({ stored }) => stored.map(({ tag }) => tag));
				expect(first).toHaveLength(1_500);
				for (const other of others) expect(other).toEqual(first);
			});

			it("ends without an error when it is told to, and hands nothing over after that", async () => {
				const follower = follow(0);
				await appendOne("1");
				await follower.until(1);
				const idle = measureIdle();
				await follower.stop();
				// It does not wait for an event, or for the engine.
				expect(idle()).toBeLessThan(1_000);
				await appendOne("2");
				const next = follow(1);
				await next.until(2);
				expect(follower.sequences).toEqual([1]);
			});

			it("that is told to end before it has begun ends", async () => {
				await appendOne("1");
				for (const turns of [0, 1, 5]) {
					const follower = follow(0);
					for (let turn = 0; turn < turns; turn++) await Promise.resolve();
					await follower.stop();
				}
			});

			it("rejects when its connection breaks, and the log can be followed again", async () => {
				const follower = follow(0);
				await appendOne("1");
				await follower.until(1);
				await log.cut();
				await expect(follower.ended).rejects.toBeInstanceOf(Error);
				await appendOne("2");
				const next = follow(1);
				await next.until(2);
				expect(next.sequences).toEqual([2]);
			});

			it("rejects with what its taker throws", async () => {
				const controller = new AbortController();
				const take = (): void => {
					throw new Error("not to my taste");
				};
				// It may end before the append has been answered.
				const ended = expect(
					settled(engine.follow(0, take, controller.signal), "the end"),
				).rejects.toThrow("not to my taste");
				await appendOne("1");
				await ended;
			});
		});

		describe("a log that is lost", () => {
			it("has another epoch, and begins anew", async () => {
				const { epoch } = await engine.newest();
				await append(storingMany(20));
				await appendOne("key", { idempotencyKey: "once" });
				await log.lose();
				const position = await engine.newest();
				expect(position).toMatchObject({ sequence: 0, tag: "0" });
				expect(position.epoch).not.toBe(epoch);
				expect(await engine.read(1, 10)).toEqual([]);
				const at = await appendOne("key", { idempotencyKey: "once" });
				expect(at).toMatchObject({ epoch: position.epoch, sequence: 1, isNew: true });
				expect(await (await open()).newest()).toMatchObject({ epoch: position.epoch, sequence: 1 });
			});

			it("is begun anew by an append as well, whose answer says so", async () => {
				const { epoch } = await engine.newest();
				await append(storingMany(20));
				await log.lose();
				const at = await appendOne("1");
				expect(at).toMatchObject({ sequence: 1, isNew: true });
				expect(at.epoch).not.toBe(epoch);
				expect(await newestOf(engine)).toEqual({ epoch: at.epoch, sequence: 1, tag: at.tag });
			});
		});

		describe("the newest of a group", () => {
			const latest = (group: string, key: string, max = 10): Partial<StoringOf> => ({
				latest: { group, key, max },
			});

			it("are those of each key, in the order of the log, whatever becomes of it", async () => {
				await appendOne("A1", latest("prices", "A"));
				await appendOne("B1", latest("prices", "B"));
				await appendOne("none", latest("prices", ""));
				await appendOne("A2", latest("prices", "A"));
				await appendOne("C1", latest("other: grüppe", "C"));
				await appendOne("plain");
				await log.trim(6);
				const other = await open();
				for (const driver of [engine, other]) {
					const prices = await driver.latest("prices");
					expect(prices.map(({ text, sequence }) => [text, sequence])).toEqual([
						["B1", 2],
						["none", 3],
						["A2", 4],
					]);
					expect(textsOf(await driver.latest("other: grüppe"))).toEqual(["C1"]);
					expect(await driver.latest("nobody's")).toEqual([]);
				}
			});

			it("say of each what it was stored as", async () => {
				const entry = storing("a\n b c", latest("prices", "A"));
				const [at] = await append([entry]);
				const [stored] = await engine.latest("prices");
				expect(stored).toMatchObject({ sequence: at?.sequence, tag: at?.tag, text: entry.text });
				expect(stored?.at).toBe((await engine.read(1, 1))[0]?.at);
			});

			it("are at most so many, and those stored longest ago go first", async () => {
				for (const key of ["A", "B", "C"]) await appendOne(key, latest("prices", key, 3));
				await appendOne("A again", latest("prices", "A", 3));
				await appendOne("D", latest("prices", "D", 3));
				expect(textsOf(await engine.latest("prices"))).toEqual(["C", "A again", "D"]);
				await append(
					Array.from({ length: 100 }, (_, key) => storing(`${key}`, latest("prices", `${key}`, 3))),
				);
				expect(textsOf(await engine.latest("prices"))).toEqual(["97", "98", "99"]);
			});

			it("are gone with the log", async () => {
				await append([storing("A", latest("prices", "A")), storing("B", latest("prices", "B"))]);
				await log.lose();
				expect(await engine.latest("prices")).toEqual([]);
				await appendOne("C", latest("prices", "C"));
				expect(textsOf(await engine.latest("prices"))).toEqual(["C"]);
			});
		});

		describe("what is posted", () => {
			it("is there for all, the last text of each name", async () => {
				await engine.post("one", "1", 60_000);
				await engine.post("two: zwö", "2\n", 60_000);
				await engine.post("one", "3", 60_000);
				const all = new Map([
					["one", "3"],
					["two: zwö", "2\n"],
				]);
				expect(await engine.posted()).toEqual(all);
				expect(await (await open()).posted()).toEqual(all);
			});

			it("vanishes after its time unless it is posted again", async () => {
				await engine.post("short", "1", 1_000);
				let names: string[] = [];
				const look = async (): Promise<void> => {
					do {
						await engine.post("kept", "1", 1_000);
						names = [...(await engine.posted()).keys()];
					} while (names.includes("short"));
				};
				await settled(look(), "the end of what was posted");
				expect(names).toEqual(["kept"]);
			});
		});

		it("tidies up without harm", async () => {
			const entries = storingMany(100);
			await append(entries);
			await engine.tidy?.();
			expect(textsOf(await engine.read(1, 100))).toEqual(textsOfStoring(entries));
		});

		it("ends its followers when it is closed, and can be closed twice", async () => {
			const follower = follow(0);
			await appendOne("1");
			await follower.until(1);
			await engine.close();
			await settled(
				follower.ended.catch(() => {}),
				"the end of the follower",
			);
			await engine.close();
		});
	});
}

/** Without the engine's clock. */
async function newestOf(engine: LogEngineOf): Promise<PositionOf> {
	const { epoch, sequence, tag } = await engine.newest();
	return { epoch, sequence, tag };
}

function textsOfStoring(entries: readonly StoringOf[]): string[] {
	return entries.map(({ text }) => text);
}

/** Follows a log, and keeps what it was handed. */
class Follower {
	readonly stored: StoredOf[] = [];
	/** As `follow` ends. */
	readonly ended: Promise<void>;
	readonly #controller = new AbortController();
	#failure: unknown;

	constructor(engine: LogEngineOf, after: number) {
		const take = (stored: readonly StoredOf[]): void => void this.stored.push(...stored);
		this.ended = engine.follow(after, take, this.#controller.signal);
		this.ended.catch((error) => {
			this.#failure = error;
		});
	}

	get sequences(): number[] {
		return this.stored.map(({ sequence }) => sequence);
	}

	/** Resolves once it was handed this one. */
	until(sequence: number): Promise<void> {
		return eventually(
			() => {
				if (this.#failure !== undefined) throw this.#failure;
				return (this.stored.at(-1)?.sequence ?? 0) >= sequence;
			},
			() => `event ${sequence}, after ${this.stored.at(-1)?.sequence ?? "none"}`,
		);
	}

	/** Tell it to end, if it has not, and wait for that: without an error, unless it had ended with one. */
	async stop(): Promise<void> {
		this.#controller.abort();
		const ended = settled(this.ended, "the follower to end");
		await (this.#failure === undefined ? ended : ended.catch(() => {}));
	}
}
