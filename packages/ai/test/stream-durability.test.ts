/**
 * TanStack AI's own client: over runs that this service sends, and over its own responses with our durability.
 */

import { startServer } from "@sse-service/testing";
import {
	memoryStream,
	resumeServerSentEventsResponse,
	type StreamChunk,
	type StreamDurability,
	toServerSentEventsResponse,
} from "@tanstack/ai";
import { fetchServerSentEvents } from "@tanstack/ai-client";
import { createRuns } from "sse-service/runs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { agUiFold, createStreamDurability, tanStackRequest } from "../src/index.js";
import { type StoreKind, storeKinds } from "./run-stores.js";
import { Gate } from "./serving.js";

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

type Answer = (step: (index: number) => Promise<void>) => AsyncIterable<StreamChunk>;

const CHUNKS = [
	{ type: "RUN_STARTED", threadId: "t", runId: "r" },
	{ type: "TEXT_MESSAGE_START", messageId: "m", role: "assistant" },
	...["The ", "answer ", "goes ", "on."].map((delta) => ({
		type: "TEXT_MESSAGE_CONTENT",
		messageId: "m",
		delta,
	})),
	{ type: "TEXT_MESSAGE_END", messageId: "m" },
	{ type: "RUN_FINISHED", threadId: "t", runId: "r" },
] as unknown as StreamChunk[];

const HALF = 4;

const textOf = (chunks: readonly StreamChunk[]): string =>
	chunks.map((chunk) => (chunk.type === "TEXT_MESSAGE_CONTENT" ? chunk.delta : "")).join("");

/** How a server answers the client: `runs.follow`, or TanStack's response with our durability. */
const servers = {
	"runs.follow": async (kind: StoreKind, answer: Answer, gate: Gate) => {
		const stores = kind.open();
		const runs = createRuns({ store: stores.one, batchMs: 0, fold: agUiFold() });
		let started = 0;
		const server = await startServer(async (req, res) => {
			req.resume();
			const { runId, isStart, options } = tanStackRequest(req);
			try {
				if (isStart) {
					started++;
					await runs.start(runId, () => answer(() => gate.wait()));
				}
				await runs.follow(runId, { req, res }, options);
			} catch (error) {
				res.writeHead((error as { readonly statusCode?: number }).statusCode ?? 500).end();
			}
		});
		closing.push(async () => {
			await runs.close();
			await server.destroy();
			await stores.close();
		});
		return { server, started: () => started, cancel: () => runs.cancel("r", "stop") };
	},
	durability: async (kind: StoreKind, answer: Answer, gate: Gate) => {
		const stores = kind.open();
		const durabilities = [stores.one, stores.other].map((store) =>
			createStreamDurability<StreamChunk>({ store }),
		);
		let requests = 0;
		let started = 0;
		const server = await startServer(async (req, res) => {
			req.resume();
			const durability = durabilities[requests++ % 2] as (typeof durabilities)[0];
			// The vendor's own type: the adapter is one of theirs.
			const own = durability(req);
			const adapter: StreamDurability = own;
			const { abortController } = own;
			const stopped = new Promise<void>((resolve) => {
				abortController.signal.addEventListener("abort", () => resolve());
			});
			async function* counted(): AsyncGenerator<StreamChunk> {
				started++;
				yield* answer(() => Promise.race([gate.wait(), stopped]));
			}
			const response = toServerSentEventsResponse(counted(), {
				abortController: adapter.resumeFrom() === null ? abortController : new AbortController(),
				durability: { adapter, batch: 1 },
				debug: false,
			});
			res.writeHead(response.status, Object.fromEntries(response.headers));
			const reader = response.body?.getReader();
			res.on("close", () => void reader?.cancel().catch(() => {}));
			for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
				res.write(part.value);
			}
			res.end();
		});
		closing.push(async () => {
			await server.destroy();
			await stores.close();
		});
		const cancel = () => stores.other.cancel("r", "stop", 60_000);
		return { server, started: () => started, cancel };
	},
};

const combinations = storeKinds.flatMap(([store, kind]) =>
	Object.entries(servers).map(([name, serve]) => ({ name, store, kind, serve })),
);

describe.each(combinations)("TanStack AI's client, with $name over $store", (each) => {
	const { name, kind } = each;
	const serve = (answer: Answer, gate: Gate) => each.serve(kind, answer, gate);

	beforeAll(() => kind.start());
	afterAll(() => kind.stop());

	const whole: Answer = async function* (step) {
		for (const [index, chunk] of CHUNKS.entries()) {
			if (index === HALF) await step(index);
			yield chunk;
		}
	};
	const context = { threadId: "t", runId: "r" };
	const clientOf = (url: string) => fetchServerSentEvents(url, { reconnect: { delayMs: 1 } });
	const connect = (url: string) =>
		clientOf(url).connect([], undefined, undefined, context) as AsyncIterable<StreamChunk>;

	it("reads a fresh answer, and joins it after its end", async () => {
		const gate = new Gate();
		gate.open();
		const { server, started } = await serve(whole, gate);
		const chunks: StreamChunk[] = [];
		for await (const chunk of connect(server.url)) chunks.push(chunk);
		expect(textOf(chunks)).toBe("The answer goes on.");
		expect(chunks.at(-1)?.type).toBe("RUN_FINISHED");
		const joined: StreamChunk[] = [];
		for await (const chunk of clientOf(server.url).joinRun("r")) joined.push(chunk);
		expect(textOf(joined)).toBe("The answer goes on.");
		expect(started()).toBe(1);
	});

	it("resumes half-way with Last-Event-ID when its connection breaks, while a second tab joins", async () => {
		const gate = new Gate();
		const { server, started } = await serve(whole, gate);
		const chunks: StreamChunk[] = [];
		const joined: StreamChunk[] = [];
		let joining: Promise<void> | undefined;
		for await (const chunk of connect(server.url)) {
			chunks.push(chunk);
			if (textOf(chunks) !== "The answer " || joining !== undefined) continue;
			for (const socket of server.sockets) socket.destroy();
			joining = (async () => {
				for await (const each of clientOf(server.url).joinRun("r")) {
					joined.push(each);
					gate.open();
				}
			})();
		}
		await joining;
		expect(textOf(chunks)).toBe("The answer goes on.");
		expect(textOf(joined)).toBe("The answer goes on.");
		expect(started()).toBe(1);
	});

	it("is given RUN_ERROR when the run is cancelled, and so is a tab that joins later", async () => {
		const { server, cancel } = await serve(whole, new Gate());
		const chunks: StreamChunk[] = [];
		for await (const chunk of connect(server.url)) {
			chunks.push(chunk);
			if (textOf(chunks) === "The answer " && chunk.type !== "RUN_ERROR") await cancel();
		}
		expect(chunks.at(-1)?.type).toBe("RUN_ERROR");
		const joined: StreamChunk[] = [];
		for await (const chunk of clientOf(server.url).joinRun("r")) joined.push(chunk);
		expect(joined.at(-1)?.type).toBe("RUN_ERROR");
	});

	it("receives RUN_ERROR when the producer throws", async () => {
		const gate = new Gate();
		gate.open();
		const { server } = await serve(async function* () {
			yield* CHUNKS.slice(0, HALF);
			throw new Error("no model");
		}, gate);
		const chunks: StreamChunk[] = [];
		for await (const chunk of connect(server.url)) chunks.push(chunk);
		expect(chunks.filter(({ type }) => type === "RUN_ERROR")).toHaveLength(1);
		const joined: StreamChunk[] = [];
		for await (const chunk of clientOf(server.url).joinRun("r")) joined.push(chunk);
		expect(joined.filter(({ type }) => type === "RUN_ERROR")).toHaveLength(1);
	});

	it("is sent nothing of a finished run from now on, as by TanStack's own store", async () => {
		const gate = new Gate();
		gate.open();
		const { server } = await serve(whole, gate);
		for await (const _ of connect(server.url));
		const response = await fetch(`${server.url}?runId=r&offset=now`);
		const own = memoryStream({ runId: "v" });
		await own.append([...CHUNKS]);
		await own.close();
		const adapter = memoryStream({ runId: "v", offset: "now" });
		const vendors = resumeServerSentEventsResponse({ adapter });
		const [events, vendorsEvents] = (await Promise.all([response.text(), vendors.text()])).map(
			(text) => text.split("\n").filter((line) => line.startsWith("data:")),
		);
		expect([response.status, events]).toEqual([vendors.status, vendorsEvents]);
		expect(events).toEqual([]);
	});

	it("learns that a run which it joins is unknown", async () => {
		const { server } = await serve(whole, new Gate());
		const joining = (async () => {
			for await (const chunk of clientOf(server.url).joinRun("none")) {
				if (chunk.type === "RUN_ERROR") throw new Error("404");
			}
		})();
		await expect(joining, name).rejects.toThrow("404");
	});
});

describe.each(storeKinds)("the durability over %s", (_, kind) => {
	beforeAll(() => kind.start());
	afterAll(() => kind.stop());

	it("refuses a second producer, and a position of another run", async () => {
		const stores = kind.open();
		closing.push(() => stores.close());
		const store = stores.one;
		const durability = createStreamDurability<StreamChunk>({ store });
		const first = durability({ runId: "r" });
		expect(await first.snapshot()).toEqual([]);
		const offsets = await first.append(CHUNKS.slice(0, 2));
		expect(new Set(offsets).size).toBe(2);
		expect(await durability({ runId: "r" }).snapshot()).toEqual(
			offsets.map((offset, index) => ({ offset, chunk: CHUNKS[index] })),
		);
		await expect(durability({ runId: "r" }).append(CHUNKS.slice(2))).rejects.toMatchObject({
			code: "ERR_SSE_RUN_OVER",
		});
		const reading = durability({ runId: "r" }).read("other.1")[Symbol.asyncIterator]();
		await expect(reading.next()).rejects.toMatchObject({ code: "ERR_SSE_RUN_UNKNOWN" });
		await first.close();
		expect(() => durability({ runId: "r".repeat(257) })).toThrow("256 characters");
	});

	it("fails a run at its limit, and refuses options that it does not know", async () => {
		const durability = createStreamDurability<StreamChunk>({ maxEvents: 2 });
		const run = durability({ runId: "r" });
		await run.append(CHUNKS.slice(0, 2));
		await expect(run.append(CHUNKS.slice(2, 3))).rejects.toMatchObject({
			code: "ERR_SSE_RUN_LIMIT",
		});
		expect(run.abortController.signal.aborted).toBe(true);
		const wrong = { ttl: 5 } as object;
		expect(() => createStreamDurability(wrong)).toThrow("ttl");
		expect(() => createStreamDurability({ ttlMs: 0 })).toThrow("ttlMs");
	});
});
