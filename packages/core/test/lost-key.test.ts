/**
 * An event that was left out because a newer one of its key replaces it is owed again when the log loses the newer one: as a
 * failover does. The ids that a client receives in the meantime name the later position that they rely on.
 */
import { eventually, type TestStream } from "@sse-service/testing";
import { describe, expect, it } from "vitest";
import { createEngineEventLog } from "../src/engine.js";
import type { HistoryOptions, SSEServiceOptions } from "../src/index.js";
import { MemoryEngine } from "./memory-engine.js";
import { type Serving, startService } from "./serving.js";

async function startOn(
	engine: MemoryEngine,
	history: HistoryOptions,
	options: SSEServiceOptions = {},
): Promise<Serving> {
	const eventLog = createEngineEventLog(engine.driver());
	const serving = await startService({ eventLog, history, ...options });
	await eventually(() => eventLog.position !== undefined, "the log to be open");
	return serving;
}

const groups = ["prices"];
const prices = { group: "prices" };

/** What a client that reconnects with an id receives, until "end". */
async function back({ sse, open }: Serving, id: string): Promise<TestStream> {
	const { stream } = await open({ groups }, id);
	await sse.publish("all", "end");
	await stream.until(() => stream.text.includes("data: end"));
	return stream;
}

function datas({ events }: TestStream): string[] {
	return events.map(({ data }) => data);
}

describe.each([false, true])("in a group whose latest is %s", (latest) => {
	const history = { groups: { prices: { latest } } };

	/** A client received the first event that it missed, and v2 was to follow instead of v1. */
	async function brokenReplay(): Promise<{ engine: MemoryEngine; id: string }> {
		const engine = new MemoryEngine();
		const one = await startOn(engine, history);
		const { id: before } = await one.sse.publish("all", "0");
		await one.sse.publish(prices, "v1", { key: "ACME" });
		await one.sse.publish("all", "1");
		await one.sse.publish("all", "2");
		await one.sse.publish(prices, "v2", { key: "ACME" });
		await eventually(() => one.sse.stats().history?.events === 4, "all but what was replaced");
		const { stream } = await one.open({ groups }, before);
		await stream.until(() => stream.text.includes("data: v2"));
		expect(datas(stream)).toEqual(["1", "2", "v2"]);
		stream.abort();
		return { engine, id: stream.events[0]?.id ?? "" };
	}

	it("an event whose replacement is lost is given, or a gap in its place", async () => {
		const { engine, id } = await brokenReplay();
		engine.forgetFrom("v2");
		engine.cut();
		const other = await startOn(engine, history);
		await other.sse.publish("all", "3");
		expect(datas(await back(other, id))).toEqual([
			'{"reason":"diverged"}',
			...(latest ? ["v1"] : []),
			"end",
		]);
	});

	it("an event whose replacement is lost is also sent to a client that has reconnected again", async () => {
		const { engine, id } = await brokenReplay();
		const one = await startOn(engine, history);
		const { stream } = await one.open({ groups }, id);
		await stream.until(() => stream.text.includes("data: v2"));
		stream.abort();
		const [second] = stream.events;
		expect(second?.data).toBe("2");
		engine.forgetFrom("v2");
		engine.cut();
		const other = await startOn(engine, history);
		await other.sse.publish("all", "3");
		expect(datas(await back(other, second?.id ?? ""))).toContain('{"reason":"diverged"}');
	});

	it("a replacement that is not lost causes no gap, and is sent once", async () => {
		const { engine, id } = await brokenReplay();
		const other = await startOn(engine, history);
		const stream = await back(other, id);
		expect(datas(stream)).toEqual(["2", "v2", "end"]);
		// Nothing is relied on any longer.
		expect(stream.events.at(-1)?.id).not.toContain("^");
	});
});

it("a slow connection that receives only the newest event of a key relies on it as well", async () => {
	const engine = new MemoryEngine();
	const one = await startOn(engine, {}, { slowPolicy: "conflate", maxBufferedBytes: 2 ** 26 });
	const { stream, connection } = await one.open({ groups });
	stream.pause();
	// Until the operating system takes no more.
	while (connection.bufferedBytes < 1_000_000) {
		await one.sse.publish("all", "x".repeat(100_000), { event: "large" });
	}
	await one.sse.publish(prices, "v1", { key: "ACME" });
	await one.sse.publish("all", "between");
	await one.sse.publish(prices, "v2", { key: "ACME" });
	stream.resume();
	await stream.until(() => datas(stream).includes("v2"));
	expect(datas(stream)).not.toContain("v1");
	stream.abort();
	const between = stream.events.find(({ data }) => data === "between");
	engine.forgetFrom("v2");
	engine.cut();
	const other = await startOn(engine, {});
	await other.sse.publish("all", "3");
	expect(datas(await back(other, between?.id ?? ""))).toEqual(['{"reason":"diverged"}', "end"]);
});
