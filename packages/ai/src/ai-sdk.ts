/**
 * The UI message stream of the AI SDK, version 1: `data:` lines of JSON, `[DONE]` at the end. Its client resumes with a GET of
 * `{api}/{chatId}/stream`, always from the start; 204 means that nothing is running.
 *
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */
import type { FoldRules, RunCodec } from "sse-service/runs";
import { type Condensed, condense, type JsonEvent } from "./condense.js";

const DONE = { data: "[DONE]" };

/** The codec for runs whose events are UI message chunks: `runs.start(id, () => result.toUIMessageStream())`. */
export function aiSdk(): RunCodec {
	return {
		headers: { "x-vercel-ai-ui-message-stream": "v1" },
		event: ({ data }) => [{ data }],
		end: ({ outcome, reason }) => [
			...(outcome === "failed" ? [errorOf(`The answer failed: ${reason}`)] : []),
			...(outcome === "cancelled"
				? [{ data: { type: "abort", ...(reason === undefined ? {} : { reason }) } }]
				: []),
			DONE,
		],
		// The client always begins from the start, so only an answer that is gone needs a notice: it would seem complete.
		gap: (reason) => (reason === "expired" ? [errorOf("The answer is no longer kept"), DONE] : []),
	};
}

/** A fold that sends a late reader one delta per part, from which the client builds the same message. */
export function aiSdkFold(): FoldRules<Condensed> {
	return condense({
		deltaOf: ({ type, id, toolCallId, delta: _, inputTextDelta: __, ...others }) => {
			const [, kind] = /^(text|reasoning|tool-input)-delta$/.exec(String(type)) ?? [];
			if (kind === undefined) return undefined;
			const isTool = kind === "tool-input";
			return {
				part: isTool ? `tool ${toolCallId}` : `${kind} ${id}`,
				field: isTool ? "inputTextDelta" : "delta",
				// Metadata, of which the newest applies.
				rest: JSON.stringify(others),
			};
		},
		boundaryOf: partOf,
	});
}

function errorOf(errorText: string): { readonly data: object } {
	return { data: { type: "error", errorText } };
}

function partOf({ type, id, toolCallId }: JsonEvent): string | true | undefined {
	const [, kind] = /^(text|reasoning|tool)-/.exec(String(type)) ?? [];
	if (kind !== undefined) return `${kind} ${kind === "tool" ? toolCallId : id}`;
	// These are parts of their own, or none. Others, such as a step, end parts.
	return /^(data-|source-|file$|message-metadata$)/.test(String(type)) ? undefined : true;
}
