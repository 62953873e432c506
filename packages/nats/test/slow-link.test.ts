/**
 * A slow link to NATS: what it cannot bring in time at once, it brings one after the other.
 */
import { eventually, settled } from "@sse-service/testing";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { startTcpLink } from "@sse-service/testing/tcp-link";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { JetStream } from "../src/jetstream.js";
import { pull } from "../src/pull.js";
import { Requests } from "../src/requests.js";
import { append, openEngine, textsOf } from "./engines.js";
import {
	askJetStream,
	CLIENTS,
	connectFor,
	type NatsServer,
	newPrefix,
	type TestConnection,
} from "./nats.js";

const LARGE = "x".repeat(100_000);
// Each large message takes three of the five seconds that an answer has.
const MESSAGE_MS = 3_000;
const TEXTS = Array.from({ length: 4 }, (_, index) => `${index}${LARGE}`);

/** A link that brings one message at a time. @param arrive called before a large one, with the number of those before it */
async function startLink(port: number, arrive: (before: number) => Promise<void>): Promise<number> {
	const link = await startTcpLink(port, (client, upstream) => {
		let held = Buffer.alloc(0);
		let messages = 0;
		let before = Promise.resolve();
		upstream.on("data", (bytes) => {
			held = Buffer.concat([held, bytes]);
			for (let end = endOfFirst(held); end !== undefined; end = endOfFirst(held)) {
				const message = held.subarray(0, end);
				held = held.subarray(end);
				before = before.then(async () => {
					if (message.length > LARGE.length) await arrive(messages);
					client.write(message);
					if (IS_MESSAGE.test(message.toString("latin1", 0, 5))) messages++;
				});
			}
		});
		client.pipe(upstream);
	});
	onTestFinished(link.close);
	return link.port;
}

const IS_MESSAGE = /^H?MSG /;

/** Where what a server has sent first ends: a line, and the payload that it announces. `undefined`: not all of it is here. */
function endOfFirst(bytes: Buffer): number | undefined {
	const line = bytes.indexOf("\r\n");
	if (line < 0) return undefined;
	const [, size] = /^H?MSG .* (\d+)$/.exec(bytes.toString("latin1", 0, line)) ?? [];
	const end = line + 2 + (size === undefined ? 0 : Number(size) + 2);
	return end <= bytes.length ? end : undefined;
}

describe.skipIf(natsServerPath === undefined).each(CLIENTS)("over %s", (_name, connect) => {
	let server: NatsServer;

	beforeAll(async () => {
		server = await startNatsServer();
	});
	afterAll(() => server?.stop());

	/** A connection over the link, on which large messages take time, by a clock that nothing else moves. */
	async function connectFar(messageMs = MESSAGE_MS): Promise<TestConnection> {
		const port = await startLink(server.port, async (before) => {
			await eventually(() => far.stats().inMsgs >= before, "the messages before");
			vi.advanceTimersByTime(messageMs);
		});
		const far = await connectFor(connect, port);
		vi.useFakeTimers({
			toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"],
		});
		onTestFinished(() => void vi.useRealTimers());
		return far;
	}

	// Cause: all answers of a batch together had the five seconds that one has.
	it("large events are read", async () => {
		const prefix = newPrefix();
		const near = await openEngine({ connection: await connectFor(connect, server.port), prefix });
		for (const text of TEXTS) await append(near, text);
		const far = await openEngine({ connection: await connectFar(), prefix });
		const read = await settled(far.read(1, TEXTS.length), "the events");
		expect(textsOf(read)).toEqual(TEXTS);
	});

	// Cause: a consumer was given up after three seconds without a message, or after five when the answer to its first request was
	// behind messages. The next one began with the same messages, for ever.
	it.each([
		["a large event is followed, though it takes longer than most", TEXTS.slice(0, 1), 9_000],
		["large events are followed, though what is asked meanwhile is answered late", TEXTS, 3_000],
	] as const)("%s", async (_claim, texts, messageMs) => {
		const prefix = newPrefix();
		const near = await openEngine({ connection: await connectFor(connect, server.port), prefix });
		for (const text of texts) await append(near, text);
		const far = await openEngine({ connection: await connectFar(messageMs), prefix });
		const taken: string[] = [];
		const arrived = new AbortController();
		let late = 0;
		await eventually(async () => {
			let isOver = false;
			const take: Parameters<typeof far.follow>[1] = (stored) => {
				if (isOver) late++;
				taken.push(...textsOf(stored));
				if (taken.length === texts.length) arrived.abort();
			};
			await far.follow(taken.length, take, arrived.signal).catch(() => {});
			isOver = true;
			return arrived.signal.aborted;
		}, "the events");
		expect(late).toBe(0);
		expect(taken).toEqual(texts);
	});

	// Cause: each had five seconds from when it was sent, whatever was on its way before it.
	it("large events are stored, and what is behind them is answered", async () => {
		const large = "x".repeat(900_000);
		const link = await startTcpLink(server.port, (client, upstream) => {
			let bytes = 0;
			client.on("data", (part) => {
				bytes += part.length;
				if (bytes >= large.length) {
					bytes -= large.length;
					// At 225 kB/s.
					vi.advanceTimersByTime(4_000);
				}
				upstream.write(part);
			});
			upstream.pipe(client);
		});
		onTestFinished(link.close);
		const connection = await connectFor(connect, link.port);
		const far = await openEngine({ connection, prefix: newPrefix() });
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
		onTestFinished(() => void vi.useRealTimers());
		const calls = [large, large, "small"].map((text) => append(far, text));
		const stored = await settled(Promise.all(calls), "the answers");
		expect(stored.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
	});

	it("a page of large messages is read", async () => {
		const name = newPrefix();
		const near = await connectFor(connect, server.port);
		await askJetStream(near, `STREAM.CREATE.${name}`, { name, subjects: [name] });
		for (const text of TEXTS) await near.request(name, text);
		const requests = new Requests(await connectFar(), "_INBOX");
		requests.open();
		onTestFinished(() => requests.close());
		const jetStream = new JetStream(requests, "$JS.API");
		const page = pull(jetStream, name, { subject: name, sequence: 1 }, TEXTS.length);
		const received = (await settled(page, "the page")).map(({ payload }) => `${payload}`);
		expect(received).toEqual(TEXTS);
	});
});
