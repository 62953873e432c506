/**
 * A fold for protocols whose events are JSON with deltas: the deltas of one part become one, and everything else stays as
 * it was. A late reader is given a stream that its client reads as the long one.
 */
import type { FoldRules, RunEvent } from "sse-service/runs";

/** An event, parsed. */
export type JsonEvent = Readonly<Record<string, unknown>>;

/** The state: survives JSON. */
export interface Condensed {
	readonly events: { event: string | undefined; json: Record<string, unknown> }[];
	/** Where in `events` the deltas of an open part are, by the part. */
	readonly open: Record<string, number>;
}

export interface DeltaRules {
	/** The part that an event adds to, and the field with what it adds; `undefined` for all that are no deltas. */
	readonly deltaOf: (
		event: JsonEvent,
	) => { readonly part: string; readonly field: string } | undefined;
	/** The part that begins or ends with an event: what comes for a part of this name later is another's. */
	readonly boundaryOf: (event: JsonEvent) => string | undefined;
}

export function condense({ deltaOf, boundaryOf }: DeltaRules): FoldRules<Condensed> {
	return {
		initial: () => ({ events: [], open: {} }),
		fold: (state, { event, data }) => {
			const json = JSON.parse(data) as Record<string, unknown>;
			const delta = deltaOf(json);
			const known = delta && state.events[state.open[`:${delta.part}`] ?? -1]?.json;
			if (delta !== undefined && known !== undefined) {
				known[delta.field] = `${known[delta.field]}${json[delta.field]}`;
				return state;
			}
			// Names are data: a prefix keeps them off what objects have by themselves.
			if (delta !== undefined) state.open[`:${delta.part}`] = state.events.length;
			const boundary = boundaryOf(json);
			if (boundary !== undefined) delete state.open[`:${boundary}`];
			state.events.push({ event, json });
			return state;
		},
		render: ({ events }): RunEvent[] =>
			events.map(({ event, json }) => ({ event, data: JSON.stringify(json) })),
	};
}
