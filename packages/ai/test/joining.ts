/**
 * What a fold promises: a reader that joins anywhere ends with what the full stream gives.
 */
import fc from "fast-check";
import type { FoldRules } from "sse-service/runs";
import { expect } from "vitest";

/** What a reader receives that joins after `cut` events; the state has been in a store after each. */
export function late<State, Event extends object>(
	rules: FoldRules<State>,
	events: readonly Event[],
	cut: number,
): Event[] {
	let state = rules.initial();
	for (const event of events.slice(0, cut)) {
		const folded = rules.fold(state, { event: undefined, data: JSON.stringify(event) });
		state = JSON.parse(JSON.stringify(folded));
	}
	const rendered = rules.render(state).map(({ data }) => JSON.parse(data) as Event);
	expect(rendered.length).toBeLessThanOrEqual(cut);
	return [...rendered, ...copied(events.slice(cut))];
}

/** @param reduce the vendor's own reducer, which may change what it is given */
export async function joinsAnywhere<State, Event extends object>(
	rules: FoldRules<State>,
	streams: fc.Arbitrary<Event[]>,
	reduce: (events: readonly Event[]) => unknown,
	numRuns = 50,
): Promise<void> {
	await fc.assert(
		fc.asyncProperty(streams, fc.nat(), async (events, place) => {
			const cut = place % (events.length + 1);
			const joining = late(rules, events, cut);
			expect(await reduce(joining)).toEqual(await reduce(copied(events)));
		}),
		{ numRuns },
	);
}

/** Each by itself: a stream may have one object twice. */
const copied = <Event>(events: readonly Event[]): Event[] =>
	events.map((event) => structuredClone(event));

/** Parts that overlap: each a queue of events, merged in any order. */
export function merged<Event>(
	queues: readonly (readonly Event[])[],
	picks: readonly number[],
): Event[] {
	const rest = queues.map((queue) => [...queue]);
	const events: Event[] = [];
	for (const pick of picks) {
		const open = rest.filter((queue) => queue.length > 0);
		const event = open[pick % Math.max(1, open.length)]?.shift();
		if (event !== undefined) events.push(event);
	}
	return [...events, ...rest.flat()];
}

/** For `merged`. */
export const picks = fc.array(fc.nat(), { maxLength: 40 });

/** Fields that an event has now and then. */
export function seldom<Fields extends object>(
	fields: fc.Arbitrary<Fields>,
): fc.Arbitrary<Fields | object> {
	return fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fields });
}
