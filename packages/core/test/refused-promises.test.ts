/**
 * A promise where a value is expected is refused, and nobody else has it then. What it rejects with later would be an
 * unhandled rejection, which ends the process.
 */
import type { TestServer } from "@sse-service/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SSEService } from "../src/index.js";
import { type Opened, type Serving, startService } from "./serving.js";

let serving: Serving;
let server: TestServer;
let sse: SSEService;
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown): void => void unhandled.push(error);

beforeEach(async () => {
	unhandled.length = 0;
	process.on("unhandledRejection", onUnhandled);
	serving = await startService({ history: true, onError: () => {} });
	({ sse, server } = serving);
});

afterEach(async () => {
	process.off("unhandledRejection", onUnhandled);
	await sse.close();
	await server.destroy();
});

/** Refuse a promise, then have it reject. */
type Misuse = (later: Promise<never>, opened: Opened) => unknown;

const MISUSES: readonly (readonly [name: string, misuse: Misuse])[] = [
	[
		"what toEvent is given behind a failure",
		(later, { connection }) => connection.pipe([1n, later]),
	],
	["data", (later) => sse.send("all", later)],
	["data of a connection", (later, { connection }) => connection.send(later)],
	["an event type", (later) => sse.send("all", 1, { event: later as never })],
	["an id", (later) => sse.send("all", 1, { id: later as never })],
	["a key", (later) => sse.send("all", 1, { key: later as never })],
	["a client id", (later) => sse.send({ client: later as never }, 1)],
	["a group", (later) => sse.send({ group: later as never }, 1)],
	["a connection", (later) => sse.send({ connection: later as never }, 1)],
	["a target", (later) => sse.send(later as never, 1)],
	["options", (later) => sse.send("all", 1, later as never)],
	["a reason", (later) => sse.disconnect("all", later as never)],
	["metadata", (later) => sse.setMetadata("ada", later as never)],
	["a client id of connect", (later) => serving.open({ clientId: later as never })],
	["an expiry", (later) => serving.open({ expiresAt: later as never })],
];

describe("a promise that is refused may reject", () => {
	it.each(MISUSES)("%s", async (_name, misuse) => {
		const opened = await serving.open({ clientId: "ada" });
		let reject = (_error: Error): void => {};
		const later = new Promise<never>((_, rejectLater) => {
			reject = rejectLater;
		});
		const refusal = await (async () => misuse(later, opened))().catch((error: unknown) => error);
		expect(refusal).toBeInstanceOf(Error);
		reject(new Error("too late"));
		// Node tells of it at the end of this turn.
		await new Promise((resolve) => setImmediate(resolve));
		expect(unhandled).toEqual([]);
	});

	it("when the connection closes, which aborts what the source was to come from", async () => {
		const { connection, stream } = await serving.open();
		const piping = connection.pipe(
			(signal) =>
				new Promise<never>((_, reject) => {
					signal.addEventListener("abort", () => reject(signal.reason));
				}),
		);
		stream.abort();
		expect(await piping).toBe(0);
		await new Promise((resolve) => setImmediate(resolve));
		expect(unhandled).toEqual([]);
	});
});
