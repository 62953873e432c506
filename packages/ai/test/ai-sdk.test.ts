/**
 * The AI SDK's own transport and reducer.
 */

import { eventually } from "@sse-service/testing";
import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import fc from "fast-check";
import { createMemoryRunStore, type Run } from "sse-service/runs";
import { describe, expect, it } from "vitest";
import { aiSdk, aiSdkFold } from "../src/index.js";
import { Gate, serve } from "./serving.js";

const WORDS = ["The ", "answer ", "goes ", "on."];

const chunksOf = (words: readonly string[]): UIMessageChunk[] => [
	{ type: "start", messageId: "m" },
	{ type: "start-step" },
	{ type: "text-start", id: "t" },
	...words.map((delta): UIMessageChunk => ({ type: "text-delta", id: "t", delta })),
	{ type: "text-end", id: "t" },
	{ type: "finish-step" },
	{ type: "finish" },
];

const question: UIMessage[] = [{ id: "q", role: "user", parts: [{ type: "text", text: "?" }] }];

const send = (transport: DefaultChatTransport<UIMessage>, signal?: AbortSignal) =>
	transport.sendMessages({
		chatId: "chat",
		trigger: "submit-message",
		messageId: undefined,
		messages: question,
		abortSignal: signal,
	});

async function messageOf(stream: ReadableStream<UIMessageChunk>): Promise<UIMessage | undefined> {
	let last: UIMessage | undefined;
	for await (const message of readUIMessageStream({ stream })) last = message;
	return last;
}

const textOf = (message: UIMessage | undefined): string =>
	(message?.parts ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");

describe("the AI SDK", () => {
	const options = { codec: aiSdk(), fold: aiSdkFold() };

	async function serveAnswer(words: readonly string[] = WORDS, pauseAfter = words.length) {
		const gate = new Gate();
		let run: Run | undefined;
		const serving = await serve(
			options,
			() => "chat",
			async (own) => {
				run = own;
				const chunks = chunksOf(words);
				for (const [index, chunk] of chunks.entries()) {
					if (index === pauseAfter + 3) await gate.wait();
					if (own.signal.aborted) return;
					await own.send(chunk);
				}
			},
		);
		const transport = new DefaultChatTransport({ api: `${serving.server.url}/api/chat` });
		return { ...serving, transport, gate, run: () => run };
	}

	it("reads a fresh answer", async () => {
		const { transport, gate } = await serveAnswer();
		gate.open();
		expect(textOf(await messageOf(await send(transport)))).toBe(WORDS.join(""));
	});

	it("is reloaded half-way: the rest follows, and the message is the whole", async () => {
		const { transport, gate, cut, requests } = await serveAnswer(WORDS, 2);
		const first = (await send(transport)).getReader();
		for (let i = 0; i < 4; i++) await first.read();
		cut();
		await first.read().catch(() => {});
		const again = await transport.reconnectToStream({ chatId: "chat" });
		gate.open();
		expect(textOf(await messageOf(again as ReadableStream<UIMessageChunk>))).toBe(WORDS.join(""));
		expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
			"POST /api/chat",
			"GET /api/chat/chat/stream",
		]);
	});

	it("continues when the reader aborts, and stops when it is cancelled", async () => {
		const { transport, run, runs, gate } = await serveAnswer(WORDS, 2);
		const controller = new AbortController();
		const reader = (await send(transport, controller.signal)).getReader();
		await reader.read();
		controller.abort();
		await reader.read().catch(() => {});
		expect(run()?.signal.aborted).toBe(false);
		const again = (await transport.reconnectToStream({
			chatId: "chat",
		})) as ReadableStream<UIMessageChunk>;
		await runs.cancel("chat", "stop");
		const types: string[] = [];
		for (const other = again.getReader(); ; ) {
			const { done, value } = await other.read();
			if (done) break;
			types.push(value.type);
		}
		expect(types.at(-1)).toBe("abort");
		await eventually(() => run()?.signal.aborted === true);
		gate.open();
	});

	it("is given an error when the producer throws", async () => {
		const { server } = await serve(
			options,
			() => "chat",
			async (run) => {
				await run.send({ type: "start" });
				throw new Error("secret");
			},
		);
		const transport = new DefaultChatTransport({ api: `${server.url}/api/chat` });
		const chunks: UIMessageChunk[] = [];
		for (const reader = (await send(transport)).getReader(); ; ) {
			const { done, value } = await reader.read();
			if (done) break;
			chunks.push(value);
		}
		expect(chunks.at(-1)).toEqual({ type: "error", errorText: "The answer failed: error" });
	});

	it("is given an error when the run is gone in the middle of it", async () => {
		// As after a Redis that kept nothing. The stream ended without `[DONE]` and without an error: to the client, a whole answer.
		const store = createMemoryRunStore();
		const { server } = await serve(
			{ ...options, store, leaseMs: 300 },
			() => "chat",
			async (run) => {
				await run.send({ type: "start" });
				await new Promise((resolve) => run.signal.addEventListener("abort", resolve));
			},
		);
		const transport = new DefaultChatTransport({ api: `${server.url}/api/chat` });
		const reader = (await send(transport)).getReader();
		expect((await reader.read()).value).toEqual({ type: "start" });
		await store.close();
		const errorText = "The answer is no longer kept";
		expect((await reader.read()).value).toEqual({ type: "error", errorText });
		expect((await reader.read()).done).toBe(true);
	});

	it("finds nothing to resume where nothing is running: 204", async () => {
		const { server } = await serve(
			options,
			() => "none",
			() => {},
		);
		const other = new DefaultChatTransport({ api: `${server.url}/api/chat` });
		expect(await other.reconnectToStream({ chatId: "none" })).toBeNull();
	});
});

describe("the fold of the AI SDK", () => {
	/** Parts that overlap, as parallel tool calls and reasoning do. */
	const streams = fc
		.array(
			fc.record({
				kind: fc.constantFrom("text", "reasoning", "tool"),
				deltas: fc.array(fc.string({ maxLength: 5 }), { maxLength: 6 }),
			}),
			{ minLength: 1, maxLength: 4 },
		)
		.chain((parts) =>
			fc
				.array(fc.nat(), { minLength: 40, maxLength: 40 })
				.map((order) => interleaved(parts, order)),
		);

	function interleaved(
		parts: readonly { readonly kind: string; readonly deltas: readonly string[] }[],
		order: readonly number[],
	): UIMessageChunk[] {
		const queues = parts.map(({ kind, deltas }, index): UIMessageChunk[] => {
			const id = `${index}`;
			if (kind === "tool") {
				const input = deltas.map(
					(inputTextDelta): UIMessageChunk => ({
						type: "tool-input-delta",
						toolCallId: id,
						inputTextDelta,
					}),
				);
				return [
					{ type: "tool-input-start", toolCallId: id, toolName: "look" },
					...input,
					{
						type: "tool-input-available",
						toolCallId: id,
						toolName: "look",
						input: { all: deltas.join("") },
					},
					{ type: "tool-output-available", toolCallId: id, output: id },
				];
			}
			const type = kind as "text" | "reasoning";
			return [
				{ type: `${type}-start`, id },
				...deltas.map((delta): UIMessageChunk => ({ type: `${type}-delta`, id, delta })),
				{ type: `${type}-end`, id },
			];
		});
		const chunks: UIMessageChunk[] = [{ type: "start", messageId: "m" }];
		for (const pick of order) {
			const open = queues.filter((queue) => queue.length > 0);
			const chunk = open[pick % Math.max(1, open.length)]?.shift();
			if (chunk !== undefined) chunks.push(chunk);
		}
		for (const queue of queues) chunks.push(...queue);
		return [...chunks, { type: "finish" }];
	}

	const streamOf = (chunks: readonly UIMessageChunk[]): ReadableStream<UIMessageChunk> =>
		new ReadableStream({
			start(controller) {
				for (const chunk of chunks) controller.enqueue(chunk);
				controller.close();
			},
		});

	it("is the same message to the SDK's reducer, wherever a reader joins", async () => {
		await fc.assert(
			fc.asyncProperty(streams, fc.nat(), async (chunks, place) => {
				const cut = place % (chunks.length + 1);
				const { initial, fold, render } = aiSdkFold();
				let state = initial();
				for (const chunk of chunks.slice(0, cut)) {
					// As it is when it comes out of a store.
					state = JSON.parse(
						JSON.stringify(fold(state, { event: undefined, data: JSON.stringify(chunk) })),
					);
				}
				const rendered = render(state).map(({ data }) => JSON.parse(data) as UIMessageChunk);
				const [whole, late] = await Promise.all([
					messageOf(streamOf(chunks)),
					messageOf(streamOf([...rendered, ...chunks.slice(cut)])),
				]);
				expect(late).toEqual(whole);
			}),
			{ numRuns: 200 },
		);
	});
});
