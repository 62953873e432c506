/**
 * The option `recover`: what a client receives in the place of a gap.
 */
import { once } from "node:events";
import { setImmediate, setTimeout } from "node:timers/promises";
import { eventually } from "@sse-service/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ADA, useKeptService } from "./kept-service.js";

const its = useKeptService();
const { serve, open, received, leave, comeAndGo } = its;

describe("a client for which `recover` returns false", () => {
	it.each([
		["at once", () => false as const],
		["later", async () => false as const],
	])("%s receives the gap, and nothing is reported", async (_, recover) => {
		const errors: unknown[] = [];
		await serve({ recover, onError: (error) => errors.push(error) });
		const { stream, connection } = await open(ADA, "7");
		its.sse.send("all", "live");
		expect(await received(stream)).toEqual(['{"reason":"invalid"}', "live"]);
		expect(connection.resumed).toBe(false);
		expect(its.sse.stats().resumes).toEqual({ invalid: 1 });
		expect(errors).toEqual([]);
	});
});

describe("a client whose gap is recovered", () => {
	it("receives earlier state from recover, and everything sent from then on after it", async () => {
		const state: string[] = [];
		const change = (data: string): void => {
			state.push(data);
			its.sse.send("all", data);
		};
		await serve({
			recover: async () => {
				const read = state.map((data) => ({ data: `state ${data}` }));
				change("3");
				return read;
			},
		});
		change("1");
		change("2");
		const { stream } = await open(ADA, "7");
		change("4");
		expect(await received(stream)).toEqual(["state 1", "state 2", "3", "4"]);
	});

	it("receives what onConnect sends after that, and before what others send", async () => {
		await serve({
			recover: async () => [{ data: "state" }],
			onConnect: ({ connection }) => connection.send(`hello ${connection.resumed}`),
		});
		const { stream, connection } = await open(ADA, "7");
		its.sse.send("all", "live");
		expect(await received(stream)).toEqual(["state", "hello false", "live"]);
		expect(connection.resumed).toBe(true);
	});

	it("recovers from its current position when only the rest of what it missed was dropped", async () => {
		const asked: string[] = [];
		await serve({
			history: { maxEvents: 1_000, maxBytes: 1e9 },
			recover: ({ lastEventId }) => {
				asked.push(lastEventId);
				return [{ data: "state" }];
			},
		});
		const id = await comeAndGo();
		const large = "x".repeat(50_000);
		for (let index = 0; index < 1_000; index++) its.sse.send("all", `${index} ${large}`);
		const { stream } = await open(ADA, id);
		stream.pause();
		await stream.until(() => true);
		for (let index = 0; index < 1_000; index++) its.sse.send({ client: "bob" }, "for another");
		stream.resume();
		const numbers = (await received(stream)).map((data) => data.split(" ")[0]);
		const given = numbers.indexOf("state");
		expect(numbers).toEqual([...[...Array(given).keys()].map(String), "state"]);
		const sequence = Number.parseInt(asked[0]?.split(".")[2] ?? "", 36);
		expect([asked.length, sequence]).toEqual([1, given]);
		expect(its.sse.stats().resumes).toEqual({ recovered: 1 });
	});

	it("receives the gap before an id that would overwrite its position", async () => {
		const errors: unknown[] = [];
		await serve({
			recover: () => [{ data: "row", id: 42 } as { data: string }],
			onError: (error) => errors.push(error),
		});
		const { stream } = await open(ADA, "7");
		expect(await received(stream)).toEqual(['{"reason":"invalid"}']);
		expect(errors).toEqual([expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" })]);
	});

	it.each(["that has left", "that waited too long"])(
		"closes a source that arrives too late, for a client %s",
		async (who) => {
			let give = (_: AsyncIterable<{ data: string }>): void => {};
			let isClosed = false;
			await serve({
				recoverTimeoutMs: who === "that has left" ? 10_000 : 1,
				recover: () =>
					new Promise((resolve) => {
						give = resolve;
					}),
			});
			const opened = await open(ADA, "7");
			if (who === "that has left") await leave(opened);
			else await opened.stream.take(1);
			give({
				[Symbol.asyncIterator]: () => ({
					next: () => new Promise(() => {}),
					return: async () => {
						isClosed = true;
						return { done: true, value: undefined };
					},
				}),
			});
			await eventually(() => isClosed);
		},
	);
});

describe("a client whose gap takes long to recover", () => {
	it("gets heartbeats in the meantime, which do not advance its position", async () => {
		let recovered = (_: Iterable<{ data: string }>): void => {};
		await serve({
			heartbeatIntervalMs: 40,
			recover: () =>
				new Promise((resolve) => {
					recovered = resolve;
				}),
		});
		const { stream } = await open(ADA, "7");
		its.sse.send("all", "live");
		await stream.until(() => stream.comments.includes("heartbeat"));
		expect(stream.text).not.toContain("id: ");
		recovered([{ data: "state" }]);
		expect(await received(stream)).toEqual(["state", "live"]);
	});

	// 0 means none for every time, and here meant at once.
	it("receives what is recovered, however long it takes, with a recoverTimeoutMs of 0", async () => {
		const errors: unknown[] = [];
		await serve({
			recoverTimeoutMs: 0,
			recover: async function* () {
				await setTimeout(5);
				yield { data: "state" };
			},
			onError: (error) => errors.push(error),
		});
		const { stream } = await open(ADA, "7");
		expect(await received(stream)).toEqual(["state"]);
		expect(errors).toEqual([]);
	});

	it("runs for a limited number of clients at a time, without those that have left", async () => {
		const asked: string[] = [];
		const answers: (() => void)[] = [];
		await serve({
			recoverConcurrency: 2,
			recover: ({ client, signal }) => {
				asked.push(client.clientId);
				return new Promise((resolve, reject) => {
					answers.push(() => resolve([{ data: client.clientId }]));
					signal.addEventListener("abort", () => reject(signal.reason));
				});
			},
		});
		const [a, b, c, d, e] = [
			await open({ clientId: "a" }, "7"),
			await open({ clientId: "b" }, "7"),
			await open({ clientId: "c" }, "7"),
			await open({ clientId: "d" }, "7"),
			await open({ clientId: "e" }, "7"),
		];
		expect(asked).toEqual(["a", "b"]);
		await leave(c);
		answers[0]?.();
		await eventually(() => asked.length === 3);
		// While it is asked, too.
		await leave(b);
		await eventually(() => asked.length === 4);
		expect(asked).toEqual(["a", "b", "d", "e"]);
		for (const answer of answers) answer();
		const given = [a, d, e].map(({ stream }) => received(stream));
		expect(await Promise.all(given)).toEqual([["a"], ["d"], ["e"]]);
	});

	// With 10,000 clients and a recover that never answered, the last heard of its gap after a quarter of an hour.
	it("receives the gap without recover when its turn does not come in time, and gives way to others", async () => {
		const asked: string[] = [];
		const errors: unknown[] = [];
		let answer = (): void => {};
		await serve({
			recoverConcurrency: 1,
			recoverWaitMs: 1,
			recoverTimeoutMs: 0,
			recover: ({ client: { clientId } }) => {
				asked.push(clientId);
				return new Promise((resolve) => {
					answer = () => resolve([{ data: clientId }]);
				});
			},
			onError: (error) => errors.push(error),
		});
		const a = await open({ clientId: "a" }, "7");
		const b = await open({ clientId: "b" }, "7");
		const [gap] = await b.stream.take(1);
		expect(gap).toMatchObject({ event: "gap", data: '{"reason":"invalid"}' });
		expect(errors).toMatchObject([
			{ code: "ERR_SSE_TIMEOUT", message: expect.stringContaining("recoverWaitMs") },
		]);
		answer();
		expect(await received(a.stream)).toEqual(["a"]);
		const c = await open({ clientId: "c" }, "7");
		answer();
		expect(await received(c.stream)).toEqual(["c"]);
		expect(asked).toEqual(["a", "c"]);
	});

	it("waits for its turn however long it takes, with a recoverWaitMs of 0", async () => {
		const answers: (() => void)[] = [];
		await serve({
			recoverConcurrency: 1,
			recoverWaitMs: 0,
			recover: ({ client: { clientId } }) =>
				new Promise((resolve) => {
					answers.push(() => resolve([{ data: clientId }]));
				}),
		});
		const a = await open({ clientId: "a" }, "7");
		const b = await open({ clientId: "b" }, "7");
		answers[0]?.();
		expect(await received(a.stream)).toEqual(["a"]);
		await eventually(() => answers.length === 2);
		answers[1]?.();
		expect(await received(b.stream)).toEqual(["b"]);
	});

	it("runs for the next client once the first event has been returned, even if a client does not read", async () => {
		const asked: string[] = [];
		let goOn = (): void => {};
		await serve({
			recoverConcurrency: 1,
			recover: async function* ({ client: { clientId } }) {
				asked.push(clientId);
				yield { data: clientId };
				if (clientId !== "a") return;
				await new Promise<void>((resolve) => {
					goOn = resolve;
				});
				yield { data: "more" };
			},
		});
		const a = await open({ clientId: "a" }, "7");
		const b = await open({ clientId: "b" }, "7");
		expect(await received(b.stream)).toEqual(["b"]);
		expect(asked).toEqual(["a", "b"]);
		goOn();
		expect(await received(a.stream)).toEqual(["a", "more"]);
	});

	// Its turn ended when nobody waited for its answer any more, and it was not told to stop.
	it.each(["its client has left", "it has taken too long"])(
		"runs for no other client until it has stopped, when %s",
		async (why) => {
			const hasLeft = why === "its client has left";
			const seen: string[] = [];
			await serve({
				recoverConcurrency: 1,
				recoverTimeoutMs: hasLeft ? 60_000 : 500,
				recoverWaitMs: 0,
				recover: ({ client: { clientId }, signal }) => {
					seen.push(clientId);
					if (clientId === "b") return [];
					return new Promise((_, reject) => {
						signal.addEventListener("abort", async () => {
							await setImmediate();
							seen.push("stopped");
							reject(signal.reason);
						});
					});
				},
				onError: () => {},
			});
			const a = await open({ clientId: "a" }, "7");
			const b = await open({ clientId: "b" }, "7");
			if (hasLeft) await leave(a);
			await b.stream.until(() => b.stream.text.includes("id: "));
			expect(seen).toEqual(["a", "stopped", "b"]);
		},
	);

	it("runs for others, too, after a call that never stops", async () => {
		const asked: string[] = [];
		await serve({
			recoverConcurrency: 1,
			recoverTimeoutMs: 5,
			recover: ({ client }) => {
				asked.push(client.clientId);
				return asked.length > 1 ? [] : new Promise(() => {});
			},
			onError: () => {},
		});
		await open({ clientId: "a" }, "7");
		const b = await open({ clientId: "b" }, "7");
		await b.stream.until(() => b.stream.text.includes("id: "));
		expect(asked).toEqual(["a", "b"]);
		expect(b.stream.events).toEqual([]);
	});

	// Without a time limit it kept its turn for ever, and a hundred of them ended recovery for everybody.
	it("runs for others 10 s after its client has left a call that never stops, with a recoverTimeoutMs of 0", async () => {
		const asked: string[] = [];
		let stopped: Promise<unknown> | undefined;
		await serve({
			recoverConcurrency: 1,
			recoverTimeoutMs: 0,
			recoverWaitMs: 0,
			recover: ({ client, signal }) => {
				asked.push(client.clientId);
				if (asked.length > 1) return [];
				stopped = once(signal, "abort");
				return new Promise(() => {});
			},
		});
		const a = await open({ clientId: "a" }, "7");
		const b = await open({ clientId: "b" }, "7");
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
		onTestFinished(() => {
			vi.useRealTimers();
		});
		a.stream.abort();
		await stopped;
		await vi.advanceTimersByTimeAsync(9_999);
		expect(asked).toEqual(["a"]);
		await vi.advanceTimersByTimeAsync(1);
		vi.useRealTimers();
		await b.stream.until(() => b.stream.text.includes("id: "));
		expect(asked).toEqual(["a", "b"]);
	});

	// Query builders run their query at each `then`.
	it.each([
		["answers", (answer: Answer) => answer([])],
		["declines", (answer: Answer) => answer(false)],
		["fails", (_: Answer, fail: (error: Error) => void) => fail(new Error("down"))],
		["takes too long", () => {}],
	])("runs a query once that begins when it is awaited, and %s", async (_, settle) => {
		let runs = 0;
		await serve({
			recoverTimeoutMs: 20,
			recover: () => {
				const query = queryOf((answer, fail) => {
					runs++;
					settle(answer, fail);
				});
				return query as never;
			},
			onError: () => {},
		});
		const { stream } = await open(ADA, "7");
		await stream.until(() => stream.text.includes("id: "));
		expect(runs).toBe(1);
	});

	it("does not close an iterator that has ended by itself, as `for await` does not", async () => {
		const calls: string[] = [];
		await serve({
			recover: () => ({
				[Symbol.asyncIterator]: (): AsyncIterator<{ data: string }> => ({
					next: async () => {
						calls.push("next");
						return calls.length > 1
							? { done: true, value: undefined }
							: { value: { data: "state" } };
					},
					return: async () => {
						calls.push("return");
						return { done: true, value: undefined };
					},
				}),
			}),
		});
		const { stream } = await open(ADA, "7");
		its.sse.send("all", "live");
		expect(await received(stream)).toEqual(["state", "live"]);
		expect(calls).toEqual(["next", "next"]);
	});

	it("awaits each item of an iterator once, too", async () => {
		let runs = 0;
		await serve({
			recoverTimeoutMs: 20,
			recover: () => ({
				[Symbol.asyncIterator]: () => ({ next: () => queryOf(() => runs++) as never }),
			}),
			onError: () => {},
		});
		const { stream } = await open(ADA, "7");
		await stream.until(() => stream.text.includes("id: "));
		expect(runs).toBe(1);
	});

	it.each([
		["undefined", undefined],
		["null", null],
		["a text", "x"],
		["an array", []],
	])("reports an event that is not an object: %s", async (_, event) => {
		const errors: unknown[] = [];
		await serve({
			recover: () => [event as never],
			onError: (error) => errors.push(error),
		});
		const { stream } = await open(ADA, "7");
		expect(await received(stream)).toEqual(['{"reason":"invalid"}']);
		expect(errors).toMatchObject([
			{
				code: "ERR_SSE_INVALID_OPTION",
				message: expect.stringMatching(/^An event of recover must be an object, got /),
			},
		]);
	});

	it("ends with the client: the signal aborts when it leaves", async () => {
		let signal: AbortSignal | undefined;
		await serve({
			recover: (info) => {
				signal = info.signal;
				return new Promise(() => {});
			},
		});
		const { stream } = await open(ADA, "7");
		expect(signal?.aborted).toBe(false);
		stream.abort();
		await eventually(() => signal?.aborted === true);
	});
});

type Answer = (source: readonly { readonly data: string }[] | false) => void;

/** A thenable that begins its work at each `then`, as the query builder of knex does. */
function queryOf(run: (answer: Answer, fail: (error: Error) => void) => void): object {
	// biome-ignore lint/suspicious/noThenProperty: what a query builder is.
	return { then: run };
}
