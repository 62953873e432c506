/**
 * The AI SDK's own transport and reducer.
 */

import { eventually } from "@sse-service/testing";
import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import fc from "fast-check";
import { createMemoryRunStore, type Run } from "sse-service/runs";
import { describe, expect, it } from "vitest";
import { aiSdk, aiSdkFold } from "../src/index.js";
import { joinsAnywhere, late, merged, picks, seldom } from "./joining.js";
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
	const word = fc.string({ maxLength: 5 });
	/** As Gemini's signature of a thought, which comes with any delta. */
	const metadata = seldom(
		word.map((signature) => ({ providerMetadata: { google: { signature } } })),
	);
	const deltas = fc.array(fc.tuple(word, metadata), { maxLength: 6 });
	const id = fc.constantFrom("0", "1", "2");

	/** A tool's input may be refused, its call wait for an approval, and its output come in pieces. */
	const toolEnds = (id: string, input: unknown): readonly UIMessageChunk[][] => [
		[{ type: "tool-input-error", toolCallId: id, toolName: "look", input, errorText: "no" }],
		...[
			[{ type: "tool-output-available", toolCallId: id, output: id } as const],
			[
				{ type: "tool-output-available", toolCallId: id, output: 1, preliminary: true } as const,
				{ type: "tool-output-available", toolCallId: id, output: 2 } as const,
			],
			[{ type: "tool-output-error", toolCallId: id, errorText: "no" } as const],
			[
				{ type: "tool-approval-request", toolCallId: id, approvalId: "a" } as const,
				{ type: "tool-output-denied", toolCallId: id } as const,
			],
		].map((rest) => [
			{ type: "tool-input-available", toolCallId: id, toolName: "look", input } as const,
			...rest,
		]),
	];

	const toolPart = fc
		.record({ id, deltas, dynamic: fc.boolean(), end: fc.nat(4) })
		.map(({ id, deltas, dynamic, end }) => {
			const input = { all: deltas.join("") };
			const chunks: UIMessageChunk[] = [
				{ type: "tool-input-start", toolCallId: id, toolName: "look", dynamic },
				...deltas.map(
					([inputTextDelta]): UIMessageChunk => ({
						type: "tool-input-delta",
						toolCallId: id,
						inputTextDelta,
					}),
				),
				...(toolEnds(id, input)[end] ?? []).map((chunk) =>
					"toolName" in chunk ? { ...chunk, dynamic } : chunk,
				),
			];
			return { id, chunks };
		});
	const textPart = fc
		.record({
			kind: fc.constantFrom("text", "reasoning"),
			id,
			deltas,
			first: metadata,
			last: metadata,
		})
		.map(({ kind, id, deltas, first, last }) => {
			const type = kind as "text" | "reasoning";
			const chunks: UIMessageChunk[] = [
				{ type: `${type}-start`, id, ...first },
				...deltas.map(
					([delta, more]): UIMessageChunk => ({ type: `${type}-delta`, id, delta, ...more }),
				),
				{ type: `${type}-end`, id, ...last },
			];
			return { id, chunks };
		});
	const other = fc.constantFrom<UIMessageChunk>(
		{ type: "data-mood", id: "d", data: 1 },
		{ type: "data-mood", id: "d", data: 2 },
		{ type: "data-mood", data: 3, transient: true },
		{ type: "source-url", sourceId: "s", url: "http://none" },
		{ type: "source-document", sourceId: "s", mediaType: "text/plain", title: "t" },
		{ type: "file", mediaType: "text/plain", url: "data:," },
		{ type: "message-metadata", messageMetadata: { a: 1 } },
		{ type: "message-metadata", messageMetadata: { a: 2 } },
		{ type: "error", errorText: "no" },
		{ type: "start", messageMetadata: { b: 1 } },
	);
	/** Parts that overlap, as parallel tool calls and reasoning do. */
	const step = fc
		.tuple(
			fc.array(fc.oneof(textPart, toolPart), { minLength: 1, maxLength: 4 }),
			fc.array(other, { maxLength: 4 }),
			picks,
		)
		.map(([parts, others, order]): UIMessageChunk[] => {
			// Of parts with one name, the next begins after the end of the last.
			const queues = ["0", "1", "2"].map((name) =>
				parts.filter(({ id }) => id === name).flatMap(({ chunks }) => chunks),
			);
			return [
				{ type: "start-step" },
				...merged<UIMessageChunk>([...queues, ...others.map((chunk) => [chunk])], order),
				{ type: "finish-step" },
			];
		});
	const streams = fc
		.array(step, { minLength: 1, maxLength: 2 })
		.map((steps): UIMessageChunk[] => [
			{ type: "start", messageId: "m", messageMetadata: { a: 0 } },
			...steps.flat(),
			{ type: "finish", finishReason: "stop", messageMetadata: { c: 1 } },
		]);

	it("is the same message to the SDK's reducer, wherever a reader joins", async () => {
		const reduce = async (chunks: readonly UIMessageChunk[]): Promise<unknown> => {
			const stream = new ReadableStream<UIMessageChunk>({
				start(controller) {
					for (const chunk of chunks) controller.enqueue(chunk);
					controller.close();
				},
			});
			const errors: unknown[] = [];
			let last: UIMessage | undefined;
			const onError = (error: unknown): void => void errors.push(`${error}`);
			for await (const message of readUIMessageStream({ stream, onError })) last = message;
			return { last, errors };
		};
		await joinsAnywhere(aiSdkFold(), streams, reduce);
	});

	it("keeps a delta with metadata apart, and joins those before and after it", () => {
		// Text after it was added to the text before it: "The brown quick fox".
		const text = (delta: string): UIMessageChunk => ({ type: "text-delta", id: "t", delta });
		const signed = { ...text("brown "), providerMetadata: { google: { signature: "x" } } };
		const chunks = [text("The "), text("quick "), signed, text("f"), text("ox")];
		const folded = [text("The quick "), signed, text("fox")];
		expect(late(aiSdkFold(), chunks, chunks.length)).toEqual(folded);
	});
});
