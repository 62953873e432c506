/**
 * The folds, by the vendors' own reducers: a reader that joins anywhere ends with what the full stream gives.
 */
import { type BaseEvent, EventType, HttpAgent } from "@ag-ui/client";
import { type StreamChunk, StreamProcessor } from "@tanstack/ai";
import fc from "fast-check";
import OpenAI from "openai";
import type { FoldRules } from "sse-service/runs";
import { describe, expect, it } from "vitest";
import { agUiFold, openAIFold, openAIResponsesFold } from "../src/index.js";

/** What a reader receives that joins after `cut` events; the state has been in a store after each. */
function late<State>(rules: FoldRules<State>, events: readonly object[], cut: number): object[] {
	let state = rules.initial();
	for (const event of events.slice(0, cut)) {
		const folded = rules.fold(state, { event: undefined, data: JSON.stringify(event) });
		state = JSON.parse(JSON.stringify(folded));
	}
	const rendered = rules.render(state).map(({ data }) => JSON.parse(data) as object);
	return [...rendered, ...structuredClone(events.slice(cut))];
}

/** A vendor's client on a stream that is already there. */
const answering = (events: readonly object[], end = ""): (() => Promise<Response>) => {
	const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("") + end;
	return async () => new Response(body, { headers: { "content-type": "text/event-stream" } });
};

async function joinsAnywhere<State>(
	rules: FoldRules<State>,
	streams: fc.Arbitrary<object[]>,
	reduce: (events: readonly object[]) => unknown,
): Promise<void> {
	await fc.assert(
		fc.asyncProperty(streams, fc.nat(), async (events, place) => {
			const cut = place % (events.length + 1);
			const [whole, joined] = [await reduce(events), await reduce(late(rules, events, cut))];
			expect(joined).toEqual(whole);
		}),
		{ numRuns: 25 },
	);
}

/** Parts that overlap: each a queue of events, merged in any order. */
const merged = (queues: readonly (readonly object[])[], picks: readonly number[]): object[] => {
	const rest = queues.map((queue) => [...queue]);
	const events: object[] = [];
	for (const pick of picks) {
		const open = rest.filter((queue) => queue.length > 0);
		const event = open[pick % Math.max(1, open.length)]?.shift();
		if (event !== undefined) events.push(event);
	}
	return [...events, ...rest.flat()];
};

const words = fc.array(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });
const picks = fc.array(fc.nat(), { maxLength: 30 });
const kinds = fc.array(fc.tuple(fc.boolean(), words), { minLength: 1, maxLength: 3 });

const agUiStreams = fc.tuple(kinds, picks).map(([parts, order]) => {
	const queues = parts.map(([isCall, deltas], index) =>
		isCall
			? [
					{ type: "TOOL_CALL_START", toolCallId: `c${index}`, toolCallName: "look" },
					...deltas.map((delta) => ({ type: "TOOL_CALL_ARGS", toolCallId: `c${index}`, delta })),
					{ type: "TOOL_CALL_END", toolCallId: `c${index}` },
				]
			: [
					{ type: "TEXT_MESSAGE_START", messageId: `m${index}`, role: "assistant" },
					...deltas.map((delta) => ({
						type: "TEXT_MESSAGE_CONTENT",
						messageId: `m${index}`,
						delta,
					})),
					{ type: "TEXT_MESSAGE_END", messageId: `m${index}` },
				],
	);
	const names = { threadId: "t", runId: "r" };
	const inside = merged(queues, order);
	return [{ type: "RUN_STARTED", ...names }, ...inside, { type: "RUN_FINISHED", ...names }];
});

describe("the fold of AG-UI", () => {
	it("gives AG-UI's client the same messages", async () => {
		await joinsAnywhere(agUiFold(), agUiStreams, async (events) => {
			const agent = new HttpAgent({ url: "http://none", threadId: "t", fetch: answering(events) });
			let last: BaseEvent | undefined;
			const onEvent = ({ event }: { readonly event: BaseEvent }): void => {
				last = event;
			};
			await agent.runAgent({ runId: "r" }, { onEvent });
			expect(last?.type).toBe(EventType.RUN_FINISHED);
			return agent.messages.map((message) => ({ ...message, id: "" }));
		});
	});

	it("gives TanStack AI's reducer the same messages", async () => {
		await joinsAnywhere(agUiFold(), agUiStreams, (events) => {
			const processor = new StreamProcessor();
			for (const event of events) processor.processChunk(event as StreamChunk);
			return processor.getMessages().map(({ parts }) => parts);
		});
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
		return [{ type: "response.created", response }, ...added, ...merged(queues, order)];
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
