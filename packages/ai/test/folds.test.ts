/**
 * The folds, by the vendors' own reducers: a reader that joins anywhere ends with what the full stream gives.
 */
import { type BaseEvent, EventType, HttpAgent } from "@ag-ui/client";
import { type StreamChunk, StreamProcessor } from "@tanstack/ai";
import fc from "fast-check";
import OpenAI from "openai";
import { accumulateResponse } from "openai/lib/responses/ResponseAccumulator";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { agUiFold, openAIFold, openAIResponsesFold } from "../src/index.js";
import { joinsAnywhere, late, merged, picks, seldom } from "./joining.js";

/** A vendor's client on a stream that is already there. */
const answering = (events: readonly object[], end = ""): (() => Promise<Response>) => {
	const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("") + end;
	return async () => new Response(body, { headers: { "content-type": "text/event-stream" } });
};

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

	it("keeps one delta of a text and of each call that overlap", () => {
		const text = (delta: string) => ({ type: "TEXT_MESSAGE_CONTENT", messageId: "m", delta });
		const call = (toolCallId: string, delta: string) => ({
			type: "TOOL_CALL_ARGS",
			toolCallId,
			delta,
		});
		const events = [
			text("a"),
			call("1", "b"),
			call("2", "c"),
			call("1", "d"),
			text("e"),
			text("f"),
		];
		const folded = [text("aef"), call("1", "bd"), call("2", "c")];
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

	const chunk = (index: number, delta: object, more: object = {}, besides: object = {}) => ({
		id: "c",
		object: "chat.completion.chunk",
		created: 0,
		model: "local",
		choices: [{ index, delta, finish_reason: null, ...more }],
		...besides,
	});
	/** What a delta may have besides its text, or instead of it. */
	const chatDelta = fc.record({
		text: fc.string({ minLength: 1, maxLength: 4 }),
		delta: seldom(
			fc.constantFrom(
				{ refusal: "no" },
				{ content: null, refusal: "no" },
				{
					tool_calls: [
						{ index: 0, id: "c", type: "function", function: { name: "f", arguments: "x" } },
					],
				},
				{ content: null, function_call: { name: "f", arguments: "x" } },
				{ content: null },
			),
		),
		more: seldom(
			fc.constantFrom(
				{ logprobs: { content: [{ token: "t", logprob: 0, bytes: null, top_logprobs: [] }] } },
				{ logprobs: null },
				{ content_filter_results: { hate: { filtered: false } } },
			),
		),
		besides: seldom(fc.string().map((obfuscation) => ({ obfuscation }))),
	});
	const chatChoices = fc.array(fc.array(chatDelta, { minLength: 1, maxLength: 6 }), {
		minLength: 1,
		maxLength: 3,
	});
	const chunks = fc
		.record({ choices: chatChoices, order: picks, changesAt: fc.nat({ max: 20 }) })
		.map(({ choices, order, changesAt }) => {
			const queues = choices.map((deltas, index) => [
				chunk(index, { role: "assistant", content: "" }),
				...deltas.map(({ text, delta, more, besides }) =>
					chunk(index, { content: text, ...delta }, more, besides),
				),
				chunk(index, {}, { finish_reason: "stop" }),
			]);
			const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
			// What is said of the whole completion may change on the way.
			return [...merged(queues, order), { ...chunk(0, {}), choices: [], usage }].map(
				(each, index) => ({
					...each,
					created: index,
					system_fingerprint: index < changesAt ? null : "fp",
				}),
			);
		});

	it("gives its stream of chat completions the same completion", async () => {
		await joinsAnywhere(openAIFold(), chunks, async (events) => {
			const completion = await clientOf(events, "data: [DONE]\n\n")
				.chat.completions.stream({ model: "local", messages: [] })
				.finalChatCompletion();
			// The client leaves it there, of whichever chunk.
			return { ...completion, obfuscation: "" };
		});
	});

	it("keeps one chunk of text", () => {
		const events = ["a", "b", "c"].map((content) => chunk(0, { content }));
		expect(late(openAIFold(), events, 3)).toEqual([chunk(0, { content: "abc" })]);
	});

	/** An item of a response, and the events of its text. */
	interface ResponseItem {
		readonly item: object;
		readonly part?: object;
		/** Names of the events; their last word is `delta` or `done`. */
		readonly name: string;
		readonly whole: string;
	}
	const responseItems: readonly ResponseItem[] = [
		{
			item: { type: "message", role: "assistant", content: [] },
			part: { type: "output_text", text: "", annotations: [] },
			name: "output_text",
			whole: "text",
		},
		{
			item: { type: "message", role: "assistant", content: [] },
			part: { type: "refusal", refusal: "" },
			name: "refusal",
			whole: "refusal",
		},
		{
			item: { type: "reasoning", summary: [], content: [] },
			part: { type: "reasoning_text", text: "" },
			name: "reasoning_text",
			whole: "text",
		},
		{
			item: { type: "reasoning", summary: [{ type: "summary_text", text: "" }] },
			name: "reasoning_summary_text",
			whole: "text",
		},
		{
			item: { type: "function_call", call_id: "c", name: "f", arguments: "" },
			name: "function_call_arguments",
			whole: "arguments",
		},
		{
			item: { type: "mcp_call", name: "f", arguments: "" },
			name: "mcp_call_arguments",
			whole: "arguments",
		},
		{
			item: { type: "custom_tool_call", call_id: "c", name: "f", input: "" },
			name: "custom_tool_call_input",
			whole: "input",
		},
		{
			item: { type: "code_interpreter_call", code: "", status: "in_progress" },
			name: "code_interpreter_call_code",
			whole: "code",
		},
	];
	const responseParts = fc.array(
		fc.record({
			kind: fc.constantFrom(...responseItems),
			deltas: fc.array(
				fc.tuple(
					fc.string({ minLength: 1, maxLength: 4 }),
					seldom(fc.constant({ logprobs: [{ token: "t", logprob: 0 }] })),
					seldom(fc.string().map((obfuscation) => ({ obfuscation }))),
				),
				{ minLength: 1, maxLength: 6 },
			),
			isDone: fc.boolean(),
			annotations: fc.nat({ max: 1 }),
		}),
		{ minLength: 1, maxLength: 3 },
	);
	const responses = fc.tuple(responseParts, picks).map(([parts, order]) => {
		const placeOf = (output_index: number) => ({
			item_id: `i${output_index}`,
			output_index,
			content_index: 0,
			summary_index: 0,
		});
		const queues = parts.map(({ kind: { name, whole }, deltas, isDone, annotations }, index) => {
			const place = placeOf(index);
			const annotation = {
				type: "response.output_text.annotation.added",
				...place,
				annotation_index: 0,
				annotation: { type: "file_path", file_id: "f", index: 0 },
			};
			const text = deltas.map(([delta]) => delta).join("");
			const events = deltas.map(([delta, ...more]): object =>
				Object.assign({ type: `response.${name}.delta`, ...place, delta, logprobs: [] }, ...more),
			);
			if (annotations > 0 && name === "output_text") events.splice(1, 0, annotation);
			// Of a response that is cut off, only the deltas have the text.
			if (isDone) events.push({ type: `response.${name}.done`, ...place, [whole]: text });
			return events;
		});
		// Items are added in the order of their index, as the API does.
		const added = parts.flatMap(({ kind: { item, part } }, output_index) => {
			const place = placeOf(output_index);
			return [
				{ type: "response.output_item.added", output_index, item: { ...item, id: place.item_id } },
				...(part === undefined ? [] : [{ type: "response.content_part.added", ...place, part }]),
			];
		});
		const response = { id: "r", object: "response", model: "local", output: [] };
		return [{ type: "response.created", response }, ...added, ...merged(queues, order)];
	});

	it("gives its reducer of responses the same response", async () => {
		await joinsAnywhere(
			openAIResponsesFold(),
			responses,
			async (events) => {
				const client = clientOf(events);
				const stream = await client.responses.create({ model: "local", input: "?", stream: true });
				let snapshot: Parameters<typeof accumulateResponse>[1];
				for await (const event of stream) snapshot = accumulateResponse(event, snapshot);
				return snapshot;
			},
			100,
		);
	});

	it("leaves pieces of sound apart", () => {
		const events = ["YQ==", "Yg=="].map((delta) => ({ type: "response.audio.delta", delta }));
		expect(late(openAIResponsesFold(), events, 2)).toMatchObject(events);
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
