/**
 * AG-UI events, as `data:` lines of JSON. A stream begins with RUN_STARTED and ends with RUN_FINISHED or RUN_ERROR. TanStack
 * AI uses the protocol, too, and resumes with `Last-Event-ID`.
 *
 * @see https://docs.ag-ui.com/concepts/events
 */
import type { FoldRules, RunCodec } from "sse-service/runs";
import { type Condensed, condense } from "./condense.js";

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

/** A fold that sends a late reader one delta of each message, call and thought between two starts or ends. */
export function agUiFold(): FoldRules<Condensed> {
	return condense({
		deltaOf: ({ type, messageId, toolCallId }) => {
			const name = String(type);
			if (name === "TOOL_CALL_ARGS") return { part: `TOOL_CALL ${toolCallId}`, field: "delta" };
			const kind = /^(TEXT_MESSAGE|REASONING_MESSAGE|THINKING_TEXT_MESSAGE)_CONTENT$/.exec(
				name,
			)?.[1];
			return kind === undefined ? undefined : { part: `${kind} ${messageId}`, field: "delta" };
		},
		// TanStack AI puts the text after a call into a part of its own, so a start or an end bounds every part.
		boundaryOf: ({ type }) => (/_(START|END|RESULT)$/.test(String(type)) ? true : undefined),
	});
}
