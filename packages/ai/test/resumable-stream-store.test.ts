/**
 * assistant-ui's own resumable streams, over run stores.
 */
import { eventually } from "@sse-service/testing";
import { type AssistantStream, DataStreamDecoder } from "assistant-stream";
import {
	createResumableAssistantStreamResponse,
	createResumableStreamContext,
	createResumeAssistantStreamResponse,
	type ResumableStreamStore,
} from "assistant-stream/resumable";
import fc from "fast-check";
import { createMemoryRunStore } from "sse-service/runs";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createResumableStreamStore } from "../src/index.js";
import { type StoreKind, storeKinds } from "./run-stores.js";
import { Gate } from "./serving.js";

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

/** Two processes that share their runs. */
function open(kind: StoreKind) {
	const stores = kind.open();
	closing.push(() => stores.close());
	// The vendor's own type: the store is one of theirs.
	const one: ResumableStreamStore = createResumableStreamStore({ store: stores.one });
	const other: ResumableStreamStore = createResumableStreamStore({ store: stores.other });
	const contextOf = (store: ResumableStreamStore) => createResumableStreamContext({ store });
	const context = contextOf(one);
	return { runStore: stores.one, one, other, context, elsewhere: contextOf(other) };
}

async function textOf(response: Response): Promise<string> {
	let text = "";
	const stream = response.body?.pipeThrough(
		new DataStreamDecoder() as never,
	) as unknown as AssistantStream;
	for await (const chunk of stream as unknown as AsyncIterable<{
		readonly type: string;
		readonly textDelta?: string;
	}>) {
		text += chunk.textDelta ?? "";
	}
	return text;
}

const WORDS = ["The ", "answer ", "goes on: ", "já."];

it("an entry does not wait for more than one renewal, however slow the store is", async () => {
	const store = createMemoryRunStore();
	const answers: (() => void)[] = [];
	const write = store.write.bind(store);
	vi.spyOn(store, "write").mockImplementation(async (writes) => {
		await new Promise<void>((answer) => answers.push(answer));
		return write(writes);
	});
	closing.push(() => store.close());
	vi.useFakeTimers({ toFake: ["setInterval"] });
	onTestFinished(() => void vi.useRealTimers());
	const streams = createResumableStreamStore({ store, leaseMs: 60_000 });
	const { lease } = (await streams.acquireLease("s")) as { readonly lease: { token: string } };
	// A store that takes longer than the time between two renewals.
	await vi.advanceTimersByTimeAsync(200_000);
	const appended = streams.append("s", new TextEncoder().encode("x"), lease);
	for (const what of ["the renewal", "the entry"]) {
		await eventually(() => answers.length > 0, what);
		answers.shift()?.();
	}
	await appended;
	expect(answers).toEqual([]);
});

describe.each(storeKinds)("assistant-ui, over %s", (_, kind) => {
	const serve = () => open(kind);

	beforeAll(() => kind.start());
	afterAll(() => kind.stop());

	it("reads a fresh answer, and again after its end, in another process", async () => {
		const { context, elsewhere } = serve();
		const response = await createResumableAssistantStreamResponse({
			context,
			streamId: "s",
			callback: (controller) => {
				for (const word of WORDS) controller.appendText(word);
			},
		});
		expect(response.headers.get("x-resumable-stream-id")).toBe("s");
		expect(await textOf(response)).toBe(WORDS.join(""));
		const again = await createResumeAssistantStreamResponse({ context: elsewhere, streamId: "s" });
		expect(await textOf(again)).toBe(WORDS.join(""));
		expect(await elsewhere.status("s")).toBe("done");
	});

	it("is reloaded half-way: the reader in another process gets the whole, and nobody produces twice", async () => {
		const { context, elsewhere } = serve();
		const gate = new Gate();
		let produced = 0;
		const request = (own: typeof context) =>
			createResumableAssistantStreamResponse({
				context: own,
				streamId: "s",
				callback: async (controller) => {
					produced++;
					for (const word of WORDS.slice(0, 2)) controller.appendText(word);
					await gate.wait();
					for (const word of WORDS.slice(2)) controller.appendText(word);
				},
			});
		const first = (await request(context)).body?.getReader();
		await first?.read();
		await first?.cancel();
		const second = textOf(await request(elsewhere));
		const resumed = await createResumeAssistantStreamResponse({
			context: elsewhere,
			streamId: "s",
		});
		gate.open();
		expect(await second).toBe(WORDS.join(""));
		expect(await textOf(resumed)).toBe(WORDS.join(""));
		expect(produced).toBe(1);
	});

	it("stops the producer and its readers when the run is cancelled, in another process", async () => {
		const { context, elsewhere, runStore } = serve();
		const refused: unknown[] = [];
		const told = new Gate();
		const observed = createResumableStreamContext({
			store: createResumableStreamStore({ store: runStore }),
			onError: (_, error) => {
				refused.push(error);
				told.open();
			},
		});
		let source: ReadableStreamDefaultController<Uint8Array> | undefined;
		const stream = await observed.run(
			"s",
			() =>
				new ReadableStream<Uint8Array>({
					start(controller) {
						source = controller;
						controller.enqueue(Buffer.from("The "));
					},
				}),
		);
		const reader = stream.getReader();
		await reader.read();
		const resumed = (await elsewhere.requireResume("s")).getReader();
		await resumed.read();
		await runStore.cancel("s", "stop", 60_000);
		await expect(reader.read()).rejects.toThrow("stop");
		await expect(resumed.read()).rejects.toThrow("stop");
		source?.enqueue(Buffer.from("rest"));
		await told.wait();
		expect(refused).toMatchObject([{ code: "ERR_SSE_RUN_OVER" }]);
		expect(await context.status("s")).toBe("error");
	});

	it("is given the error of a producer that fails, and of one whose process died", async () => {
		const { context, elsewhere, runStore } = serve();
		// Theirs reports that the failed stream cannot be cancelled.
		const reported = vi.spyOn(console, "error").mockImplementation(() => {});
		const failing = await context.run(
			"s",
			() =>
				new ReadableStream<Uint8Array>({
					start: (controller) => controller.error(new Error("no model")),
				}),
		);
		await expect(failing.getReader().read()).rejects.toThrow("no model");
		expect(await elsewhere.status("s")).toBe("error");
		reported.mockRestore();
		// A process that has claimed it and never came back.
		await runStore.claim("dead", { leaseMs: 20, ttlMs: 60_000, maxRuns: 10 });
		const lost = (await elsewhere.requireResume("dead")).getReader();
		await expect(lost.read()).rejects.toThrow("lost");
		const once = () => new Response("again").body as ReadableStream<Uint8Array>;
		expect(await new Response(await context.run("dead", once)).text()).toBe("again");
	});

	it("forgets a stream that is deleted, running or done, and ends its readers", async () => {
		const { context, elsewhere, one } = serve();
		await one.acquire("running");
		await one.append("running", Buffer.from("a"));
		const reader = (await elsewhere.requireResume("running")).getReader();
		expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("a");
		await elsewhere.delete("running");
		expect((await reader.read()).done).toBe(true);
		expect(await context.status("running")).toBe("missing");
		await new Response(await context.run("done", () => new Response("x").body as never)).text();
		await elsewhere.delete("done");
		expect(await context.resume("done")).toBeNull();
		expect(await one.acquire("done")).toBe("producer");
	});

	it("refuses a producer that has lost its stream, and answers its end with false", async () => {
		const { runStore } = serve();
		const one = createResumableStreamStore({ store: runStore });
		const { lease } = (await one.acquireLease("s")) as {
			readonly lease: { readonly token: string };
		};
		await runStore.cancel("s", "stop", 60_000);
		await expect(one.append("s", Buffer.from("a"), lease)).rejects.toMatchObject({
			code: "ERR_SSE_RUN_OVER",
		});
		expect(await one.finalize("s", "done", undefined, lease)).toBe(false);
	});

	it("keeps every byte, and resumes after each cursor", async () => {
		const bytes = fc.uint8Array({ minLength: 1, maxLength: 12 });
		const text = fc
			.string({ unit: "grapheme", minLength: 1, maxLength: 6 })
			.map((each) => Buffer.from(each));
		let streams = 0;
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.oneof(bytes, text), { minLength: 1, maxLength: 8 }),
				async (chunks) => {
					const { one, other } = serve();
					const id = `s${streams++}`;
					await one.acquire(id);
					for (const chunk of chunks) await one.append(id, chunk);
					await one.finalize(id, "done");
					const { signal } = new AbortController();
					const read = async (cursor: string) => {
						const entries: { readonly cursor: string; readonly chunk: string }[] = [];
						for await (const entry of other.read(id, cursor, signal)) {
							entries.push({
								cursor: entry.cursor,
								chunk: Buffer.from(entry.chunk).toString("hex"),
							});
						}
						return entries;
					};
					const all = await read("");
					expect(all.map(({ chunk }) => chunk)).toEqual(
						chunks.map((chunk) => Buffer.from(chunk).toString("hex")),
					);
					for (const [index, { cursor }] of all.entries()) {
						expect(await read(cursor)).toEqual(all.slice(index + 1));
					}
				},
			),
			{ numRuns: 8 },
		);
	});
});
