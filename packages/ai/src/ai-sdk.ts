/**
 * The UI message stream of the AI SDK, version 1: `data:` lines of JSON, `[DONE]` at the end. Its client resumes by a GET of
 * `{api}/{chatId}/stream`, always from the start; 204 means that nothing is running.
 *
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */
import type { FoldRules, RunCodec } from "sse-service/runs";
import { type Condensed, condense, type JsonEvent } from "./condense.js";

/** For runs whose events are UI message chunks: `runs.start(id, () => result.toUIMessageStream())`. */
export function aiSdk(): RunCodec {
	return {
		headers: { "x-vercel-ai-ui-message-stream": "v1" },
		event: ({ data }) => [{ data }],
		end: ({ outcome, reason }) => [
			...(outcome === "failed"
				? [{ data: { type: "error", errorText: `The answer failed: ${reason}` } }]
				: []),
			...(outcome === "cancelled"
				? [{ data: { type: "abort", ...(reason === undefined ? {} : { reason }) } }]
				: []),
			{ data: "[DONE]" },
		],
		// The client begins from the start by itself.
		gap: () => [],
	};
}

/** A late reader is given one delta for each part: the client builds the same message. */
export function aiSdkFold(): FoldRules<Condensed> {
	return condense({
		deltaOf: ({ type, id, toolCallId, providerMetadata }) => {
			// Metadata is of its own delta.
			if (providerMetadata !== undefined) return undefined;
			if (type === "text-delta" || type === "reasoning-delta")
				return { part: `${type} ${id}`, field: "delta" };
			if (type === "tool-input-delta")
				return { part: `${type} ${toolCallId}`, field: "inputTextDelta" };
			return undefined;
		},
		boundaryOf: partOf,
	});
}

function partOf({ type, id, toolCallId }: JsonEvent): string | undefined {
	const kind = /^(text|reasoning|tool-input)-(start|end|available|error)$/.exec(String(type))?.[1];
	if (kind === undefined) return undefined;
	return `${kind}-delta ${kind === "tool-input" ? toolCallId : id}`;
}
