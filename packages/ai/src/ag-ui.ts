/**
 * AG-UI events, as `data:` lines of JSON. A stream begins with RUN_STARTED and ends with RUN_FINISHED or RUN_ERROR. TanStack
 * AI uses the protocol, too, and resumes with `Last-Event-ID`.
 *
 * @see https://docs.ag-ui.com/concepts/events
 */
import type { FoldRules, RunCodec } from "sse-service/runs";
import { type Condensed, condense } from "./condense.js";

/** The events whose `delta` continues a text. */
const DELTA = /^(TEXT|REASONING|THINKING_TEXT|TOOL)_(?:MESSAGE_CONTENT|CALL_ARGS)$/;

/** The events after which a text may go on as if they had come later. */
const NEUTRAL = /^(TOOL_CALL_ARGS|STATE_SNAPSHOT|STATE_DELTA|RAW)$/;

/** The codec for runs whose events are those of AG-UI, including RUN_STARTED and RUN_FINISHED. */
export function agUi(): RunCodec {
	const error = (code: string, message: string) => [{ data: { type: "RUN_ERROR", code, message } }];
	return {
		event: ({ data }) => [{ data }],
		end: ({ outcome, reason = outcome }) =>
			outcome === "done" ? [] : error(reason, `The run ended: ${outcome}`),
		// The run follows from its start, but a client of AG-UI accepts a second RUN_STARTED only after the end of the first.
		gap: (reason) => (reason === "expired" ? error(reason, "The run is no longer kept") : []),
	};
}

/** A fold that sends a late reader one delta of each message, call and thought between two events that may concern them. */
export function agUiFold(): FoldRules<Condensed> {
	return condense({
		// What is left out here changes no message.
		deltaOf: ({ delta: _, timestamp: __, rawEvent: ___, content: ____, ...others }) => {
			const { type, messageId, toolCallId, ...rest } = others;
			const kind = DELTA.exec(String(type))?.[1];
			if (kind === undefined) return undefined;
			const id = kind === "TOOL" ? toolCallId : messageId;
			return { part: `${kind} ${id}`, field: "delta", rest: JSON.stringify(rest) };
		},
		// A snapshot replaces messages. TanStack AI puts the text after a call into a part of its own, and joins all thoughts, and all
		// texts whose messages a snapshot has removed.
		boundaryOf: ({ type }) => (NEUTRAL.test(String(type)) ? undefined : true),
	});
}
