/**
 * What a service publishes by node:diagnostics_channel.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { eventually, openBlockedReader } from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import { sharedLogOf } from "../src/adapter.js";
import { channels } from "../src/diagnostics/channels.js";
import type { SSEService } from "../src/index.js";
import { createRuns } from "../src/runs.js";
import { MemoryEngine } from "./memory-engine.js";
import { dataOf } from "./received.js";
import { startService } from "./serving.js";
import { startOn } from "./start-on.js";

const NAMES = Object.values(channels).map((channel) => String(channel?.name).slice(12));
const TRACED = ["start", "end", "asyncStart", "asyncEnd", "error"];

type Message = { readonly service: SSEService } & Readonly<Record<string, unknown>>;

const stopping: (() => void)[] = [];

afterEach(() => {
	for (const stop of stopping.splice(0)) stop();
});

function on(channel: string, onMessage: (message: unknown) => unknown): void {
	const listener = (message: unknown): unknown => onMessage(message);
	subscribe(channel, listener);
	stopping.push(() => unsubscribe(channel, listener));
}

/** The messages of channels, in order, each with the name of its channel. */
function listen(names: readonly string[] = NAMES): (readonly [name: string, message: Message])[] {
	const messages: (readonly [string, Message])[] = [];
	for (const name of names) {
		on(`sse-service:${name}`, (message) => messages.push([name, message as Message]));
	}
	return messages;
}

describe("diagnostics", () => {
	it("report what opens and closes, with the connection and its reason", async () => {
		const messages = listen();
		const { sse, open } = await startService();
		const { connection, stream } = await open({ clientId: "ada" });
		sse.disconnect("all", "moved");
		await stream.ended;
		expect(messages).toEqual([
			["connection:open", { service: sse, connection }],
			["connection:close", { service: sse, connection, reason: "moved" }],
		]);
	});

	it("report an event once for all its connections", async () => {
		const { sse, open } = await startService();
		await open({ groups: ["a"] });
		await open({ groups: ["a"] });
		const messages = listen();
		sse.send({ group: "a" }, "hello");
		const event = {
			service: sse,
			target: expect.objectContaining({ group: "a" }),
			byteLength: "data: hello\n\n".length,
			connections: 2,
		};
		const frame = expect.objectContaining({ text: "data: hello\n\n" });
		expect(messages).toEqual([["send", { ...event, frame }]]);
		await eventually(() => messages.length > 1);
		expect(messages[1]).toEqual(["deliver", { ...event, durationMs: expect.any(Number) }]);
	});

	it("report an event as delivered only when each of its connections was written to", async () => {
		const { sse, open } = await startService();
		const streams = await Promise.all(Array.from({ length: 200 }, () => open()));
		const written: number[] = [];
		on("sse-service:deliver", () => written.push(sse.stats().bytesSent));
		const before = sse.stats().bytesSent;
		sse.send("all", "hello");
		await eventually(() => written.length > 0);
		expect(written).toEqual([before + streams.length * "data: hello\n\n".length]);
	});

	it("report no write for an event without receivers", async () => {
		const { sse, open } = await startService();
		const { stream } = await open({ groups: ["a"] });
		const messages = listen(["deliver"]);
		sse.send({ group: "b" }, "to nobody");
		sse.send({ group: "a" }, "last");
		await stream.take(1);
		expect(messages.map(([, { target }]) => target)).toEqual([{ group: "a" }]);
	});

	it("report what was dropped, and for which connection", async () => {
		const { sse, server, connections } = await startService({
			maxBufferedBytes: 100_000,
			slowPolicy: "drop-newest",
		});
		await openBlockedReader(server.port);
		await eventually(() => connections.length === 1);
		const messages = listen();
		const drops = (): Message[] =>
			messages.filter(([name]) => name === "drop").map(([, message]) => message);
		await eventually(() => {
			sse.send("all", "x".repeat(90_000));
			return drops().length > 0;
		});
		expect(drops()[0]).toEqual({ service: sse, connection: connections[0], cause: "drop-newest" });
		expect(sse.stats().drops["drop-newest"]).toBe(drops().length);
	});

	it.each(["drop-newest", "drop-oldest"] as const)(
		"report each gap that a slow client reads, and no other (%s)",
		async (slowPolicy) => {
			const { sse, open } = await startService({
				history: true,
				maxBufferedBytes: 1_000_000,
				slowPolicy,
			});
			const messages = listen(["gap"]);
			const { connection, stream } = await open();
			stream.pause();
			while ((sse.stats().drops[slowPolicy] ?? 0) < 50) {
				sse.send("all", "x".repeat(50_000));
				await new Promise((resolve) => setImmediate(resolve));
			}
			stream.resume();
			await eventually(() => connection.bufferedBytes === 0);
			sse.send("all", "", { event: "end" });
			await stream.until(() => stream.events.at(-1)?.event === "end");
			const gaps = stream.events.filter(({ event }) => event === "gap");
			expect(gaps.length).toBeGreaterThan(0);
			expect(messages).toHaveLength(gaps.length);
			for (const [, gap] of messages)
				expect(gap).toEqual({ service: sse, connection, reason: "slow" });
		},
	);

	it("report how clients reconnected", async () => {
		const { sse, open } = await startService({ history: true });
		const messages = listen();
		const { stream } = await open({}, "none of ours");
		await stream.take(1);
		const resumes = messages.filter(([name]) => name === "resume");
		expect(resumes.map(([, { service, outcome }]) => [service, outcome])).toEqual([
			[sse, "invalid"],
		]);
		expect(messages.filter(([name]) => name === "gap").map(([, { reason }]) => reason)).toEqual([
			"invalid",
		]);
	});

	it("report what the log stored, for whom and how long it took, or why not", async () => {
		const engine = new MemoryEngine();
		const { sse } = await startOn(engine);
		const messages = listen(["log:append"]);
		await sse.publish({ group: "a" }, "1");
		engine.refuse = () => new Error("out of memory");
		await sse.publish({ group: "a" }, "2").catch(() => {});
		const target = { client: undefined, group: "a", exceptClient: undefined };
		const durationMs = expect.any(Number);
		const position = expect.objectContaining({ sequence: 1 });
		const error = expect.objectContaining({ code: "ERR_SSE_LOG_FAILED" });
		expect(messages).toEqual([
			["log:append", { service: sse, target, durationMs, position }],
			["log:append", { service: sse, target, durationMs, error }],
		]);
	});

	it("report by the engine's clock how late an event of another process arrived", async () => {
		const engine = new MemoryEngine();
		const [one, other] = [await startOn(engine), await startOn(engine)];
		const messages = listen(["log:lag"]);
		// Dated a minute ago by a clock that both have asked.
		const { clock } = engine;
		engine.clock = () => clock() - 60_000;
		await one.sse.publish("all", "late");
		await eventually(() => messages.length === 2);
		const ofOther = messages.find(([, { service }]) => service === other.sse)?.[1];
		expect(ofOther).toMatchObject({ isOwn: false, position: { sequence: 1 } });
		expect(ofOther?.lagMs).toBeGreaterThan(59_000);
	});

	it("report when an outage of the log starts, why, and when it ends", async () => {
		const engine = new MemoryEngine();
		const { sse } = await startOn(engine);
		await eventually(() => sse.health().ready);
		const messages = listen(["log:outage"]);
		engine.isAway = true;
		engine.cut();
		await eventually(() => messages.length === 1);
		engine.goOn();
		await eventually(() => messages.length === 2);
		const error = expect.objectContaining({ code: "ERR_SSE_LOG_FAILED" });
		expect(messages).toEqual([
			["log:outage", { service: sse, error, isOver: false, durationMs: 0 }],
			["log:outage", { service: sse, isOver: true, durationMs: expect.any(Number) }],
		]);
	});

	it("report what a tool in another process sends, in every other process and on no connection", async () => {
		const engine = new MemoryEngine();
		const [one, other] = [await startOn(engine), await startOn(engine)];
		const { stream } = await other.open();
		const messages = listen(["log:signal"]);
		await sharedLogOf(one.sse)?.tell({ do: "signal", target: {}, topic: "tool", text: "hello" });
		await one.sse.publish("all", "after it");
		expect(dataOf(await stream.take(1))).toEqual(["after it"]);
		expect(messages).toEqual([
			["log:signal", { service: other.sse, topic: "tool", text: "hello" }],
		]);
	});

	it("trace a publish, and keep its trace with the event for every process", async () => {
		const engine = new MemoryEngine();
		const [one, other] = [await startOn(engine), await startOn(engine)];
		await other.open();
		const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
		const traced: (readonly [string, unknown])[] = [];
		for (const name of TRACED) {
			on(`tracing:sse-service:publish:${name}`, (message) => {
				if (name === "start") Object.assign(message as object, { traceparent });
				traced.push([name, { ...(message as object) }]);
			});
		}
		const deliveries = listen(["deliver"]);
		const options = { event: "news" };
		const published = await one.sse.publish({ group: "default" }, "1", options);
		const context = { service: one.sse, target: { group: "default" }, options, traceparent };
		expect(traced).toEqual([
			["start", context],
			["end", context],
			["asyncStart", { ...context, result: published }],
			["asyncEnd", { ...context, result: published }],
		]);
		await eventually(() => deliveries.length > 0);
		expect(deliveries[0]?.[1]).toMatchObject({ service: other.sse, traceparent });
	});

	it.each(["no trace", 7, `00-${"a".repeat(32)}-${"b".repeat(16)}-01\n`])(
		"send an event whose tracer sets %j instead of a trace",
		async (traceparent) => {
			const { sse, open } = await startService({ history: true });
			const { stream } = await open();
			on("tracing:sse-service:publish:start", (message) =>
				Object.assign(message as object, { traceparent }),
			);
			const sends = listen(["send"]);
			await sse.publish("all", "1");
			await stream.take(1);
			expect(sends.map(([, message]) => message.traceparent)).toEqual([undefined]);
		},
	);

	it("report which runs this process produces, and how each ended", async () => {
		const runs = createRuns({ maxEvents: 2 });
		stopping.push(() => void runs.close());
		const messages = listen(["run:start", "run:end"]);
		const errors = listen(["run:error"]);
		await runs.start("good", function* () {
			yield "1";
		});
		await runs.start("bad", () => {
			throw new Error("the producer's own");
		});
		await runs.start("long", () => ["1", "2", "3"]);
		await runs.start(
			"stopped",
			({ signal }) => new Promise((end) => (signal.onabort = () => end())),
		);
		await runs.cancel("stopped");
		await eventually(() => messages.filter(([name]) => name === "run:end").length === 4);
		const ends = messages.filter(([name]) => name === "run:end").map(([, end]) => end);
		const ended = Object.fromEntries(
			ends.map(({ id, outcome, reason, events }) => [id, [outcome, reason, events]]),
		);
		expect(ended).toEqual({
			good: ["done", undefined, 1],
			bad: ["failed", "error", 0],
			long: ["failed", "limit", 2],
			stopped: ["cancelled", undefined, 0],
		});
		const started = messages.filter(([name]) => name === "run:start").map(([, start]) => start);
		expect(started.map(({ runs: of, id }) => [of, id])).toEqual(
			["good", "bad", "long", "stopped"].map((id) => [runs, id]),
		);
		for (const end of ends) expect(end).toMatchObject({ durationMs: expect.any(Number) });
		expect(errors).toEqual([
			["run:error", { runs, id: "bad", error: new Error("the producer's own") }],
		]);
	});

	it("report failing callbacks, and when a service starts to close", async () => {
		const mistake = new Error("a callback's own");
		const { sse, open } = await startService({
			onConnect: () => {
				throw mistake;
			},
		});
		const messages = listen();
		await open();
		await sse.close({ drainMs: 0 });
		expect(messages.filter(([name]) => /error|drain/.test(name))).toEqual([
			["error", { service: sse, error: mistake, stage: "onConnect" }],
			["drain", { service: sse, connections: 1, drainMs: 0 }],
		]);
	});
});
