/**
 * A fold for protocols whose events are JSON with deltas: merges the deltas of one part into one, and leaves everything else
 * unchanged. A late reader receives a shorter stream that its client reads like the full one.
 */
import type { FoldRules, RunEvent } from "sse-service/runs";

/** A parsed event. */
export type JsonEvent = Readonly<Record<string, unknown>>;

/** The state. It survives JSON. */
export interface Condensed {
	readonly events: { event: string | undefined; json: Record<string, unknown> }[];
	/** The index in `events` of each open part's delta, by part. */
	readonly open: Record<string, number>;
}

interface Delta {
	/** The name of the part. */
	readonly part: string;
	/** What a delta says besides its text. Two become one only if they say the same. */
	readonly rest?: string;
	/** The field with the text. */
	readonly field: string;
	/** The object with the field. Default: the event. */
	readonly holder?: (event: Record<string, unknown>) => Record<string, unknown>;
}

export interface DeltaRules {
	/** What a delta extends; `undefined` for other events. */
	readonly deltaOf: (event: JsonEvent) => Delta | undefined;
	/** The part that an event concerns; `true`: perhaps any. Text after the event must not move before it. */
	readonly boundaryOf: (event: JsonEvent) => string | true | undefined;
}

export function condense({ deltaOf, boundaryOf }: DeltaRules): FoldRules<Condensed> {
	return {
		initial: () => ({ events: [], open: {} }),
		fold: ({ events, open }, { event, data }) => {
			const json = JSON.parse(data) as Record<string, unknown>;
			const delta = deltaOf(json);
			// Names are data. The prefix keeps them apart from inherited members of objects.
			const place = delta && `:${delta.part}`;
			const known = events[open[place ?? ""] ?? -1];
			if (delta !== undefined && known !== undefined && deltaOf(known.json)?.rest === delta.rest) {
				const { field, holder = (event) => event } = delta;
				const newest = holder(json);
				newest[field] = `${holder(known.json)[field]}${newest[field]}`;
				known.json = json;
				return { events, open };
			}
			const boundary = boundaryOf(json);
			const left = boundary === true ? {} : open;
			if (typeof boundary === "string") delete left[`:${boundary}`];
			if (place !== undefined) left[place] = events.length;
			events.push({ event, json });
			return { events, open: left };
		},
		render: ({ events }): RunEvent[] =>
			events.map(({ event, json }) => ({ event, data: JSON.stringify(json) })),
	};
}

/** Whether a field adds nothing to what a client has: absent, empty, or `null`. */
export function isEmpty(value: unknown): boolean {
	if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
	return value === undefined || value === null || value === "";
}
