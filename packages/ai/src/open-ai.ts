/**
 * Streams in the format of OpenAI's API: chunks of chat completions, which end with `[DONE]`, and numbered events of responses.
 *
 * @see https://platform.openai.com/docs/api-reference/chat-streaming
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
import { encodeRunCursor, type FoldRules, type RunCodec, type RunStatus } from "sse-service/runs";
import { type Condensed, condense, isEmpty, type JsonEvent } from "./condense.js";

/** The number of the newest event in one that {@link openAIResponsesFold} has merged, until the codec sends it. */
const PLACE = "sse-service:place";

/** The codec for runs whose events are chunks of a chat completion. */
export function openAI(): RunCodec {
	return {
		event: ({ data }) => [{ data }],
		end: ({ outcome, reason }) =>
			outcome === "done" ? [{ data: "[DONE]" }] : [{ data: errorOf(outcome, reason) }],
		gap: (reason) => [{ data: errorOf("gap", reason) }],
	};
}

/** The codec for runs whose events are those of a response: `run.send(event, { event: event.type })`. Their `sequence_number` is set here. */
export function openAIResponses(): RunCodec {
	return {
		event: ({ event, data }, { sequence }) => {
			const { [PLACE]: place = sequence - 1, ...json } = JSON.parse(data) as JsonEvent;
			return [{ event, data: { ...json, sequence_number: place } }];
		},
		end: ({ outcome, reason }, { sequence }) => {
			if (outcome === "done") return [];
			const { code, message } = errorOf(outcome, reason).error;
			const data = { type: "error", code, message, param: null, sequence_number: sequence - 1 };
			return [{ event: "error", data }];
		},
		gap: (reason) => [{ event: "error", data: errorOf("gap", reason) }],
	};
}

/** A fold for {@link openAI} that sends a late reader one chunk with the text of each choice. */
export function openAIFold(): FoldRules<Condensed> {
	const choiceOf = ({ choices }: JsonEvent): Choice | undefined =>
		Array.isArray(choices) && choices.length === 1 ? (choices[0] as Choice) : undefined;
	const textOf = (chunk: JsonEvent): Choice | undefined => {
		const choice = choiceOf(chunk);
		const { index: _, delta, ...others } = choice ?? {};
		const { content, ...more } = delta ?? {};
		const isText = typeof content === "string" && [others, more, [chunk.usage]].every(hasNothing);
		return isText ? choice : undefined;
	};
	return condense({
		deltaOf: (chunk) => {
			const choice = textOf(chunk);
			if (choice === undefined) return undefined;
			return {
				part: `${choice.index}`,
				field: "content",
				holder: (json) => choiceOf(json)?.delta ?? {},
			};
		},
		boundaryOf: (chunk) => (textOf(chunk) === undefined ? true : undefined),
	});
}

/**
 * A fold for {@link openAIResponses} that sends a late reader one delta for each uninterrupted part of a text or call. Deltas of
 * parts that alternate stay apart: a reader that has one of them, and asks for what follows its number, needs the others.
 */
export function openAIResponsesFold(): FoldRules<Condensed> {
	const isDelta = ({ type, delta, logprobs }: JsonEvent): boolean =>
		// Sound is in Base64, of which two pieces make no whole.
		/^response\.(?!audio\.delta).+\.delta$/.test(String(type)) &&
		typeof delta === "string" &&
		isEmpty(logprobs);
	const rules = condense({
		deltaOf: (event) => {
			if (!isDelta(event)) return undefined;
			const { delta: _, sequence_number: __, obfuscation: ___, ...part } = event;
			return { part: JSON.stringify(part), field: "delta" };
		},
		boundaryOf: (event) => (isDelta(event) ? undefined : true),
	});
	return {
		...rules,
		fold: ({ events, open }, event) => {
			const newest = events.length - 1;
			const place = Number(events[newest]?.json[PLACE] ?? -1) + 1;
			const last = Object.entries(open).filter(([, index]) => index === newest);
			const state = rules.fold({ events, open: Object.fromEntries(last) }, event);
			const { json } = state.events.at(-1) as Condensed["events"][number];
			json[PLACE] = place;
			return state;
		},
	};
}

interface Choice {
	readonly index?: number;
	readonly delta?: Record<string, unknown>;
}

function hasNothing(fields: object): boolean {
	return Object.values(fields).every(isEmpty);
}

/**
 * Returns the `lastEventId` for `?starting_after=N`: `runs.follow(id, reader, { lastEventId: startingAfter(query, status) })`.
 *
 * @returns `undefined` (from the start) for anything but a number
 */
export function startingAfter(
	value: string | null | undefined,
	{ attempt, state, sequence: newest }: Pick<RunStatus, "attempt" | "state" | "sequence">,
): string | undefined {
	if (typeof value !== "string" || !/^\d{1,15}$/.test(value)) return undefined;
	const sequence = Number(value) + 1;
	const isEnd = state !== "running" && sequence === newest;
	// The number does not tell which producer the event was of.
	return encodeRunCursor({ attempt, sequence, isEnd, mark: "" });
}

function errorOf(
	outcome: string,
	reason: string | undefined,
): { readonly error: { readonly code: string; readonly type: string; readonly message: string } } {
	const message = `The answer ended: ${outcome}${reason === undefined ? "" : `, ${reason}`}`;
	return { error: { code: reason ?? outcome, type: outcome, message } };
}
