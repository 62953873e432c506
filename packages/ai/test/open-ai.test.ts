/**
 * OpenAI's own client.
 */

import { eventually, startServer } from "@sse-service/testing";
import OpenAI from "openai";
import { createRuns, type Run, type RunStatus } from "sse-service/runs";
import { describe, expect, it } from "vitest";
import {
	openAI,
	openAIFold,
	openAIResponses,
	openAIResponsesFold,
	startingAfter,
} from "../src/index.js";
import { Gate, serve } from "./serving.js";

interface Seen {
	readonly texts: Record<string, string>;
	/** The number of the event that was received last. */
	last: number | undefined;
}

const clientOf = (url: string): OpenAI =>
	new OpenAI({ apiKey: "none", baseURL: url, maxRetries: 0 });

const chunk = (content: string) => ({
	id: "c",
	object: "chat.completion.chunk",
	created: 0,
	model: "local",
	choices: [{ index: 0, delta: { content }, finish_reason: null }],
});

describe("OpenAI's client", () => {
	it("reads chunks of a chat, to the end", async () => {
		const { server } = await serve(
			{ codec: openAI() },
			() => "r",
			async function* () {
				yield chunk("Hel");
				yield chunk("lo");
			},
		);
		const stream = await clientOf(server.url).chat.completions.create({
			model: "local",
			messages: [],
			stream: true,
		});
		const words: (string | null | undefined)[] = [];
		for await (const part of stream) words.push(part.choices[0]?.delta.content);
		expect(words).toEqual(["Hel", "lo"]);
	});

	it("throws when the run fails or is cancelled", async () => {
		const gate = new Gate();
		const { server, runs } = await serve(
			{ codec: openAI() },
			() => "r",
			async (run) => {
				await run.send(chunk("Hel"));
				await gate.wait();
			},
		);
		const stream = await clientOf(server.url).chat.completions.create({
			model: "local",
			messages: [],
			stream: true,
		});
		const iterator = stream[Symbol.asyncIterator]();
		await iterator.next();
		await runs.cancel("r", "stop");
		await expect(iterator.next()).rejects.toMatchObject({ code: "stop", type: "cancelled" });
		gate.open();
	});

	it("reads a response in the background on after the event that it had last", async () => {
		const gate = new Gate();
		const runs = createRuns({ codec: openAIResponses(), batchMs: 0 });
		const server = await startServer(async (req, res) => {
			const { searchParams } = new URL(req.url ?? "/", "http://localhost");
			req.resume();
			if (req.method === "POST") {
				await runs.start("resp_1", async (run) => {
					const send = (event: { type: string }) => run.send(event, { event: event.type });
					await send({ type: "response.created" });
					for (const delta of ["Hel", "lo"]) {
						await send({ type: "response.output_text.delta", delta } as { type: string });
					}
					await gate.wait();
					await send({ type: "response.completed" });
				});
			}
			const status = (await runs.status("resp_1")) as RunStatus;
			const lastEventId = startingAfter(searchParams.get("starting_after"), status);
			await runs.follow("resp_1", { req, res }, { lastEventId });
		});
		const client = clientOf(server.url);
		const first = await client.responses.create({
			model: "local",
			input: "?",
			background: true,
			stream: true,
		});
		const seen: number[] = [];
		for await (const event of first) {
			seen.push(event.sequence_number);
			if (event.type === "response.output_text.delta") break;
		}
		expect(seen).toEqual([0, 1]);
		const rest = await client.responses.retrieve("resp_1", { stream: true, starting_after: 1 });
		gate.open();
		const types: string[] = [];
		for await (const event of rest) types.push(`${event.sequence_number} ${event.type}`);
		expect(types).toEqual(["2 response.output_text.delta", "3 response.completed"]);
		const after = (place: number) => fetch(`${server.url}/?starting_after=${place}`);
		expect(await (await after(3)).text()).not.toMatch(/gap|delta/);
		expect((await after(4)).status).toBe(204);
		await runs.close();
		await server.destroy();
	});

	it("misses nothing of a folded response, after whichever event it lost its connection", async () => {
		// The events of the state had one number, that of the last: who asked for what follows it never got the others.
		const gate = new Gate();
		const runs = createRuns({
			codec: openAIResponses(),
			fold: openAIResponsesFold(),
			batchMs: 0,
		});
		const server = await startServer(async (req, res) => {
			const { searchParams } = new URL(req.url ?? "/", "http://localhost");
			const status = (await runs.status("resp_1")) as RunStatus;
			const lastEventId = startingAfter(searchParams.get("starting_after"), status);
			await runs.follow("resp_1", { req, res }, { lastEventId });
		});
		const delta = (item_id: string, text: string) => ({
			type: "response.output_text.delta",
			item_id,
			delta: text,
		});
		const events = [
			{ type: "response.created" },
			...["He", "l", "lo"].map((text) => delta("a", text)),
			delta("b", "x"),
			delta("a", "!"),
		];
		await runs.start("resp_1", async (run) => {
			for (const event of events) await run.send(event, { event: event.type });
			await gate.wait();
			await run.send(delta("b", "y"), { event: "response.output_text.delta" });
		});
		await eventually(async () => (await runs.status("resp_1"))?.sequence === events.length);
		const client = clientOf(server.url);
		/** Reads on after the event that a client had last, at most so many events. */
		async function read(seen: Seen, most: number): Promise<Seen> {
			const stream = await client.responses.retrieve("resp_1", {
				stream: true,
				...(seen.last !== undefined && { starting_after: seen.last }),
			});
			let count = 0;
			for await (const event of stream) {
				seen.last = event.sequence_number;
				if (event.type === "response.output_text.delta")
					seen.texts[event.item_id] = `${seen.texts[event.item_id] ?? ""}${event.delta}`;
				if (++count === most) break;
			}
			return seen;
		}
		// The state is four events.
		const cuts = [1, 2, 3, 4].map((most) => read({ texts: {}, last: undefined }, most));
		const seen = await Promise.all(cuts);
		gate.open();
		for (const one of seen) {
			const { texts } = await read(one, Number.POSITIVE_INFINITY);
			expect(texts).toEqual({ a: "Hello!", b: "xy" });
		}
		await runs.close();
		await server.destroy();
	});

	it("reads the whole chat again when it asks again half-way", async () => {
		const gate = new Gate();
		const { server, cut } = await serve(
			{ codec: openAI(), fold: openAIFold() },
			() => "r",
			async (run) => {
				for (const word of ["Hel", "lo"]) await run.send(chunk(word));
				await gate.wait();
				await run.send(chunk("!"));
			},
		);
		const ask = () =>
			clientOf(server.url).chat.completions.create({ model: "local", messages: [], stream: true });
		const first = (await ask())[Symbol.asyncIterator]();
		await first.next();
		cut();
		await expect(first.next()).rejects.toThrow();
		const second = await ask();
		gate.open();
		const words: (string | null | undefined)[] = [];
		for await (const part of second) words.push(part.choices[0]?.delta.content);
		expect(words.join("")).toBe("Hello!");
	});

	it("throws when the producer throws, in a chat and in a response, without what it threw", async () => {
		const failing = async (run: Run): Promise<void> => {
			await run.send(chunk("Hel"), { event: "response.created" });
			throw new Error("secret");
		};
		const chats = await serve({ codec: openAI() }, () => "r", failing);
		const chat = await clientOf(chats.server.url).chat.completions.create({
			model: "local",
			messages: [],
			stream: true,
		});
		await expect(all(chat)).rejects.toMatchObject({ code: "error", type: "failed" });
		const responses = await serve({ codec: openAIResponses() }, () => "r", failing);
		const response = await clientOf(responses.server.url).responses.create({
			model: "local",
			input: "?",
			stream: true,
		});
		const reading = all(response).catch((error: unknown) => [error]);
		expect(JSON.stringify((await reading).at(-1))).toContain("The answer ended: failed, error");
	});

	it("learns that a response was cancelled", async () => {
		const { server, runs } = await serve(
			{ codec: openAIResponses() },
			() => "r",
			async (run) => {
				await run.send({ type: "response.created" }, { event: "response.created" });
				await new Promise((resolve) => run.signal.addEventListener("abort", resolve));
			},
		);
		const stream = await clientOf(server.url).responses.create({
			model: "local",
			input: "?",
			stream: true,
		});
		const iterator = stream[Symbol.asyncIterator]();
		await iterator.next();
		await runs.cancel("r", "stop");
		const last = await iterator.next().catch((error: unknown) => ({ value: error }));
		expect(JSON.stringify(last.value)).toContain("cancelled, stop");
	});
});

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
	const parts: T[] = [];
	for await (const part of stream) parts.push(part);
	return parts;
}
