/**
 * Lists of who is connected: one is correct if it has the clients that stay, with all of their streams, and no others.
 */
import { expect, it } from "vitest";
import { objectionsTo } from "../src/checker/presence.js";

const KNOWN = ["ada", "bob", "cleo"];
const OPEN = new Map([
	["ada", 2],
	["bob", 1],
]);
const ADA = { clientId: "ada", connections: 2 };
const BOB = { clientId: "bob", connections: 1 };

it("a list of the connected clients is correct with or without a client that connects and leaves", () => {
	expect(objectionsTo([ADA, BOB], OPEN, KNOWN)).toEqual([]);
	expect(objectionsTo([BOB, { clientId: "cleo", connections: 3 }, ADA], OPEN, KNOWN)).toEqual([]);
});

it.each([
	["one who is missing", [BOB], "lists 0 streams of ada, which has 2"],
	[
		"a stream of a process that no longer exists",
		[ADA, { ...BOB, connections: 2 }],
		"lists 2 streams of bob, which has 1",
	],
	[
		"one who never came",
		[ADA, BOB, { clientId: "eve", connections: 1 }],
		"lists eve, which is no client",
	],
])("the checker finds %s", (_what, list, objection) => {
	expect(objectionsTo(list, OPEN, KNOWN)).toEqual([objection]);
});
