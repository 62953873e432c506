/**
 * The folds, by the vendors' own reducers: a reader that joins anywhere ends with what the full stream gives.
 */
import { type BaseEvent, EventType, HttpAgent } from "@ag-ui/client";
import { type StreamChunk, StreamProcessor } from "@tanstack/ai";
import fc from "fast-check";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { agUiFold, openAIFold, openAIResponsesFold } from "../src/index.js";
import { joinsAnywhere, late, merged, picks, seldom } from "./joining.js";

/** A vendor's client on a stream that is already there. */
const answering = (events: readonly object[], end = ""): (() => Promise<Response>) => {
	const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("") + end;
	return async () => new Response(body, { headers: { "content-type": "text/event-stream" } });
};

const words = fc.array(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });
const kinds = fc.array(fc.tuple(fc.boolean(), words), { minLength: 1, maxLength: 3 });

/** Deltas with what an event of AG-UI may have besides. */
const agUiDeltas = fc.array(
	fc.tuple(
		fc.string({ minLength: 1, maxLength: 4 }),
		seldom(fc.constantFrom({ metadata: { a: 1 } }, { metadata: { a: 2 } }, { metadata: { b: 3 } })),
		seldom(fc.nat().map((timestamp) => ({ timestamp, rawEvent: { timestamp } }))),
	),
	{ minLength: 1, maxLength: 5 },
);
type AgUiDeltas = typeof agUiDeltas extends fc.Arbitrary<infer Deltas> ? Deltas : never;

const agUiParts: Record<string, (id: string, deltas: AgUiDeltas) => object[]> = {
	text: (messageId, deltas) => [
		{ type: "TEXT_MESSAGE_START", messageId, role: "assistant" },
		...deltas.map(([delta, ...more]) =>
			Object.assign({ type: "TEXT_MESSAGE_CONTENT", messageId, delta }, ...more),
		),
		{ type: "TEXT_MESSAGE_END", messageId, metadata: { end: true } },
	],
	call: (toolCallId, deltas) => [
		{ type: "TOOL_CALL_START", toolCallId, toolCallName: "look" },
		...deltas.map(([delta, ...more]) =>
			Object.assign({ type: "TOOL_CALL_ARGS", toolCallId, delta }, ...more),
		),
		{ type: "TOOL_CALL_END", toolCallId },
		{ type: "TOOL_CALL_RESULT", messageId: `r${toolCallId}`, toolCallId, content: "1" },
	],
	thought: (messageId, deltas) => [
		{ type: "REASONING_START", messageId },
		{ type: "REASONING_MESSAGE_START", messageId, role: "reasoning" },
		...deltas.map(([delta, ...more]) =>
			Object.assign({ type: "REASONING_MESSAGE_CONTENT", messageId, delta }, ...more),
		),
		{ type: "REASONING_MESSAGE_END", messageId },
		{
			type: "REASONING_ENCRYPTED_VALUE",
			subtype: "message",
			entityId: messageId,
			encryptedValue: "x",
		},
		{ type: "REASONING_END", messageId },
	],
};

/** Events that come between others. */
const agUiOthers = fc.oneof(
	fc.constantFrom<object[]>(
		[{ type: "STATE_SNAPSHOT", snapshot: { a: 1 } }],
		[{ type: "STATE_DELTA", delta: [{ op: "add", path: "/b", value: 2 }] }],
		[{ type: "RAW", event: {} }],
		[{ type: "CUSTOM", name: "n", value: 1 }],
		[
			{ type: "ACTIVITY_SNAPSHOT", messageId: "a", activityType: "plan", content: { a: 1 } },
			{
				type: "ACTIVITY_DELTA",
				messageId: "a",
				activityType: "plan",
				patch: [{ op: "add", path: "/b", value: 2 }],
			},
		],
		[
			{ type: "TEXT_MESSAGE_CHUNK", messageId: "k", role: "assistant", delta: "c" },
			{ type: "TEXT_MESSAGE_CHUNK", messageId: "k", delta: "d" },
		],
	),
	fc.array(fc.constantFrom("0", "1", "2"), { maxLength: 2 }).map((ids) => [
		{
			type: "MESSAGES_SNAPSHOT",
			messages: [
				{ id: "u", role: "user", content: "?" },
				...[...new Set(ids)].map((id) => ({ id, role: "assistant", content: "snap" })),
			],
		},
	]),
);

const agUiStreams = fc
	.tuple(
		fc.array(fc.tuple(fc.constantFrom("text", "text", "call", "thought"), agUiDeltas), {
			minLength: 1,
			maxLength: 3,
		}),
		fc.array(agUiOthers, { maxLength: 3 }),
		fc.nat({ max: 2 }),
		picks,
	)
	.map(([parts, others, steps, order]) => {
		const queues = parts.map(
			([kind, deltas], index) => agUiParts[kind]?.(`${index}`, deltas) ?? [],
		);
		const stepNames = Array.from({ length: steps }, (_, index) => `s${index}`);
		const between = stepNames.map((stepName) => [
			{ type: "STEP_STARTED", stepName },
			{ type: "STEP_FINISHED", stepName },
		]);
		const names = { threadId: "t", runId: "r" };
		const inside = merged([...queues, ...others, ...between], order);
		return [{ type: "RUN_STARTED", ...names }, ...inside, { type: "RUN_FINISHED", ...names }];
	});

describe("the fold of AG-UI", () => {
	// Both reducers warn of deltas whose message a snapshot has removed.
	beforeEach(() => {
		vi.spyOn(console, "warn").mockImplementation(() => {});
	});
	afterEach(() => {
		vi.restoreAllMocks();
	});

	it("keeps the text after a snapshot of the messages behind it", () => {
		// It was added to the text before the snapshot, which replaces that.
		const text = (delta: string) => ({ type: "TEXT_MESSAGE_CONTENT", messageId: "m", delta });
		const message = { id: "m", role: "assistant", content: "one " };
		const snapshot = { type: "MESSAGES_SNAPSHOT", messages: [message] };
		const events = [text("o"), text("ne "), snapshot, text("t"), text("wo")];
		const folded = [text("one "), snapshot, text("two")];
		expect(late(agUiFold(), events, events.length)).toEqual(folded);
	});

	it("gives AG-UI's client the same messages", async () => {
		await joinsAnywhere(agUiFold(), agUiStreams, async (events) => {
			const agent = new HttpAgent({ url: "http://none", threadId: "t", fetch: answering(events) });
			let last: BaseEvent | undefined;
			const onEvent = ({ event }: { readonly event: BaseEvent }): void => {
				last = event;
			};
			await agent.runAgent({ runId: "r" }, { onEvent });
			expect(last?.type).toBe(EventType.RUN_FINISHED);
			return [agent.messages, agent.state];
		});
	});

	it("gives TanStack AI's reducer the same messages", async () => {
		await joinsAnywhere(
			agUiFold(),
			agUiStreams,
			(events) => {
				// It makes ids and dates of its own.
				const processor = new StreamProcessor();
				for (const event of events) processor.processChunk(event as StreamChunk);
				return processor.getMessages().map(({ id: _, createdAt: __, ...message }) => message);
			},
			200,
		);
	});
});

describe("the fold of OpenAI", () => {
	const clientOf = (events: readonly object[], end?: string): OpenAI =>
		new OpenAI({ apiKey: "none", fetch: answering(events, end), maxRetries: 0 });

	const chunk = (index: number, delta: object, finish_reason: string | null = null) => ({
		id: "c",
		object: "chat.completion.chunk",
		created: 0,
		model: "local",
		choices: [{ index, delta, finish_reason }],
	});
	const chunks = fc.tuple(kinds, picks).map(([parts, order]) => {
		const queues = parts.map(([isCall, deltas], index) => [
			chunk(index, { role: "assistant", content: "" }),
			...deltas.flatMap((text) => [
				chunk(index, { content: text }),
				...(isCall
					? [
							chunk(index, {
								tool_calls: [
									{ index: 0, id: "c", type: "function", function: { name: "f", arguments: text } },
								],
							}),
						]
					: []),
			]),
			chunk(index, {}, "stop"),
		]);
		return merged(queues, order);
	});

	it("gives its stream of chat completions the same completion", async () => {
		await joinsAnywhere(openAIFold(), chunks, (events) =>
			clientOf(events, "data: [DONE]\n\n")
				.chat.completions.stream({ model: "local", messages: [] })
				.finalChatCompletion(),
		);
	});

	it("keeps one chunk of text", () => {
		const events = ["a", "b", "c"].map((content) => chunk(0, { content }));
		expect(late(openAIFold(), events, 3)).toEqual([chunk(0, { content: "abc" })]);
	});

	const responses = fc.tuple(kinds, picks).map(([parts, order]) => {
		const queues = parts.map(([isCall, deltas], output_index) => {
			const item_id = `i${output_index}`;
			const text = deltas.join("");
			if (isCall) {
				const item = { type: "function_call", id: item_id, call_id: "c", name: "f", arguments: "" };
				const place = { item_id, output_index };
				const type = "response.function_call_arguments";
				return [
					...deltas.map((delta) => ({ type: `${type}.delta`, ...place, delta })),
					{ type: `${type}.done`, ...place, arguments: text },
					{
						type: "response.output_item.done",
						output_index,
						item: { ...item, arguments: text, status: "completed" },
					},
				];
			}
			const place = { item_id, output_index, content_index: 0 };
			return [
				...deltas.map((delta) => ({
					type: "response.output_text.delta",
					...place,
					delta,
					logprobs: [],
				})),
				{ type: "response.output_text.done", ...place, text },
			];
		});
		// Items are added in the order of their index, as the API does.
		const added = parts.flatMap(([isCall], output_index) => {
			const id = `i${output_index}`;
			const item = isCall
				? { type: "function_call", id, call_id: "c", name: "f", arguments: "" }
				: { type: "message", id, role: "assistant", content: [] };
			const part = { type: "output_text", text: "", annotations: [] };
			const place = { item_id: id, output_index, content_index: 0 };
			return [
				{ type: "response.output_item.added", output_index, item },
				...(isCall ? [] : [{ type: "response.content_part.added", ...place, part }]),
			];
		});
		const response = { id: "r", object: "response", model: "local", output: [] };
		return [{ type: "response.created", response }, ...added, ...merged<object>(queues, order)];
	});

	it("gives its stream of responses the same snapshot", async () => {
		await joinsAnywhere(openAIResponsesFold(), responses, async (events) => {
			const stream = clientOf(events).responses.stream({ model: "local", input: "?" });
			const texts: Record<string, string> = {};
			stream.on("response.output_text.delta", ({ item_id, snapshot }) => {
				texts[item_id] = snapshot;
			});
			stream.on("response.function_call_arguments.delta", ({ item_id, snapshot }) => {
				texts[item_id] = snapshot;
			});
			await stream.done().catch(() => {});
			expect(Object.keys(texts).length).toBeGreaterThan(0);
			return texts;
		});
	});

	it("keeps one delta of a text of a response until that of another comes", () => {
		const delta = (item_id: string, text: string) => ({
			type: "response.output_text.delta",
			item_id,
			delta: text,
		});
		const events = [delta("a", "1"), delta("a", "2"), delta("b", "x"), delta("a", "3")];
		const folded = [delta("a", "12"), delta("b", "x"), delta("a", "3")];
		expect(late(openAIResponsesFold(), events, 4)).toMatchObject(folded);
	});
});
