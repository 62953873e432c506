/**
 * A client that comes back, and joins a group in the turn in which it has come, when the log is shared: what arrives here
 * between the two was not sent to it, and is part of what it missed.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { eventually, openStream, startServer } from "@sse-service/testing";
import { expect, it } from "vitest";
import { encodeCursor } from "../src/wire/cursor.js";
import { MemoryEngine } from "./memory-engine.js";
import { dataOf } from "./received.js";
import { startOn } from "./start-on.js";

const HISTORIES = [{}, { groups: { room: { latest: true as const } } }];

it.each(HISTORIES)("it receives what arrives between, with %j", async (history) => {
	const { sse } = await startOn(new MemoryEngine(), { history });
	let come = (_: [IncomingMessage, ServerResponse]): void => {};
	const coming = new Promise<[IncomingMessage, ServerResponse]>((resolve) => {
		come = resolve;
	});
	const server = await startServer((...request) => come(request));
	const { id } = await sse.publish("all", "0");
	await sse.publish({ group: "room" }, "1", { key: "A" });
	await sse.publish({ group: "room" }, "2", { key: "B" });
	const opening = openStream(server.url, { headers: { "last-event-id": id } });
	const [req, res] = await coming;
	// The engine hands these over in the turn after the one that stores them.
	const isStored = sse.publish({ group: "room" }, "3", { key: "B" });
	await sse.publish("all", "4");
	await isStored;
	// Before the one in which this turn's writes leave.
	const next = new Promise((resolve) => setImmediate(resolve));
	const { connection } = sse.connect({ req, res, clientId: "ada", groups: [] });
	await next;
	sse.join({ connection }, "room");
	await sse.publish({ group: "room" }, "5", { key: "C" });
	const stream = await opening;
	await stream.until(() => dataOf(stream.events).includes("5"));
	expect(dataOf(stream.events)).toEqual(["1", "3", "4", "5"]);
	await sse.close();
	await server.destroy();
});

// The group was replayed from its client's position only, although the client had not been in it.
it("it receives the newest events of a group that it joins while its process catches up", async () => {
	const engine = new MemoryEngine();
	const history = { groups: { room: { latest: true as const } } };
	const ahead = await startOn(engine, { history });
	const behind = await startOn(engine, { history });
	await ahead.sse.publish({ group: "room" }, "state", { key: "A" });
	await eventually(() => behind.sse.stats().history?.events === 1, "the state");
	engine.isMute = true;
	const stored = engine.newest.sequence;
	const isStored = ahead.sse.publish({ group: "news" }, "had");
	await eventually(() => engine.newest.sequence > stored, "the event");
	const id = encodeCursor(engine.newest);
	const client = { clientId: "ada", groups: ["news"] };
	const { stream, connection } = await behind.open(client, id);
	// Its turn is over with the headers.
	behind.sse.join({ connection }, "room");
	engine.goOn();
	await isStored;
	await ahead.sse.publish({ group: "news" }, "end");
	await stream.until(() => dataOf(stream.events).includes("end"));
	expect(dataOf(stream.events)).toEqual(["state", "end"]);
	// It would be owed the state again if it left before the end of it.
	const [before = ""] = stream.text.split("data: state");
	expect(before).toContain(`id: ${id}~`);
});
