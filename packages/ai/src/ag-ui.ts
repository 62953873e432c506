/**
 * AG-UI events, as `data:` lines of JSON. A stream begins with RUN_STARTED and ends with RUN_FINISHED or RUN_ERROR. TanStack
 * AI speaks it, too, and resumes by `Last-Event-ID`.
 *
 * @see https://docs.ag-ui.com/concepts/events
 */
import type { FoldRules, RunCodec } from "sse-service/runs";
import { type Condensed, condense } from "./condense.js";

/** For runs whose events are those of AG-UI, RUN_STARTED and RUN_FINISHED included. */
export function agUi(): RunCodec {
	const error = (code: string, message: string) => [{ data: { type: "RUN_ERROR", code, message } }];
	return {
		event: ({ data }) => [{ data }],
		end: ({ outcome, reason = outcome }) =>
			outcome === "done" ? [] : error(reason, `The run ended: ${outcome}`),
		// The run follows from its start: a client of AG-UI takes a second RUN_STARTED only after the end of the first.
		gap: (reason) => (reason === "expired" ? error(reason, "The run is no longer kept") : []),
	};
}

/** A late reader is given one delta for each message, call and thought. */
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
		boundaryOf: ({ type, messageId, toolCallId }) => {
			const kind = /^(\w+)_(START|END)$/.exec(String(type))?.[1];
			if (kind === undefined) return undefined;
			return `${kind} ${kind === "TOOL_CALL" ? toolCallId : messageId}`;
		},
	});
}
