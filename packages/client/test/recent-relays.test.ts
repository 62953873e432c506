/**
 * What a tab keeps for others must not fill its memory, whatever part of the events is long.
 */
import { expect, it } from "vitest";
import type { Relay } from "../src/shared/channel.js";
import { RecentRelays } from "../src/shared/recent-relays.js";

const LONG = "x".repeat(1_048_576);

it.each<[string, (index: number) => Relay]>([
	["texts", (index) => ({ type: "message", text: LONG, id: `${index}` })],
	["types", (index) => ({ type: LONG, text: "", id: `${index}` })],
	["ids", (index) => ({ type: undefined, text: "", id: `${LONG}${index}` })],
])("keeps about four of a thousand relays whose %s are 1 Mi characters long", (_, relay) => {
	const recent = new RecentRelays(1_000);
	const relays = Array.from({ length: 1_000 }, (_, index) => relay(index));
	recent.reset("before");
	for (const each of relays) recent.add(each);
	expect(recent.last(2)).toEqual(relays.slice(-2));
	expect(recent.last(6)).toBeUndefined();
});
