/**
 * What a service publishes by node:diagnostics_channel.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { eventually, openBlockedReader } from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import type { SSEService } from "../src/index.js";
import { startService } from "./serving.js";

const NAMES = ["connection:open", "connection:close", "send", "drop", "resume", "error", "drain"];

type Message = { readonly service: SSEService } & Readonly<Record<string, unknown>>;

const stopping: (() => void)[] = [];

afterEach(() => {
	for (const stop of stopping.splice(0)) stop();
});

/** The messages of all channels, in order, each with the name of its channel. */
function listen(): (readonly [name: string, message: Message])[] {
	const messages: (readonly [string, Message])[] = [];
	for (const name of NAMES) {
		const onMessage = (message: unknown): unknown => messages.push([name, message as Message]);
		subscribe(`sse-service:${name}`, onMessage);
		stopping.push(() => unsubscribe(`sse-service:${name}`, onMessage));
	}
	return messages;
}

describe("diagnostics", () => {
	it("say what opens and closes, with the connection and its reason", async () => {
		const messages = listen();
		const { sse, open } = await startService();
		const { connection, stream } = await open({ clientId: "ada" });
		sse.disconnect("all", "moved");
		await stream.ended;
		expect(messages).toEqual([
			["connection:open", { service: sse, connection }],
			["connection:close", { service: sse, connection, reason: "moved" }],
		]);
	});

	it("say an event once for all that it was handed to", async () => {
		const { sse, open } = await startService();
		await open({ groups: ["a"] });
		await open({ groups: ["a"] });
		const messages = listen();
		sse.send({ group: "a" }, "hello");
		expect(messages).toEqual([
			[
				"send",
				{
					service: sse,
					target: expect.objectContaining({ group: "a" }),
					byteLength: "data: hello\n\n".length,
					connections: 2,
				},
			],
		]);
	});

	it("say what was dropped, and of which connection", async () => {
		const { sse, server, connections } = await startService({
			maxBufferedBytes: 1_000,
			slowPolicy: "drop-newest",
		});
		await openBlockedReader(server.port);
		await eventually(() => connections.length === 1);
		const messages = listen();
		const drops = (): Message[] =>
			messages.filter(([name]) => name === "drop").map(([, message]) => message);
		await eventually(() => {
			sse.send("all", "x".repeat(900));
			return drops().length > 0;
		});
		expect(drops()[0]).toEqual({ service: sse, connection: connections[0], cause: "drop-newest" });
		expect(sse.stats().drops["drop-newest"]).toBe(drops().length);
	});

	it("say how clients came back", async () => {
		const { sse, open } = await startService({ history: true });
		const messages = listen();
		const { stream } = await open({}, "none of ours");
		await stream.take(1);
		const resumes = messages.filter(([name]) => name === "resume");
		expect(resumes.map(([, { service, outcome }]) => [service, outcome])).toEqual([
			[sse, "invalid"],
		]);
	});

	it("say what fails in callbacks, and when a service begins to end", async () => {
		const mistake = new Error("a callback's own");
		const { sse, open } = await startService({
			onConnect: () => {
				throw mistake;
			},
		});
		const messages = listen();
		await open();
		await sse.close({ drainMs: 0 });
		expect(messages.filter(([name]) => /error|drain/.test(name))).toEqual([
			["error", { service: sse, error: mistake, stage: "onConnect" }],
			["drain", { service: sse, connections: 1, drainMs: 0 }],
		]);
	});
});
