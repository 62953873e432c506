/**
 * A client behind something that holds every response back until it ends.
 */
import { request } from "node:http";
import { eventually, startServer } from "@sse-service/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { StreamState } from "../src/index.js";
import { Muteness } from "../src/muteness.js";
import { atEnd, open, serve, untilState } from "./serving.js";

interface Withholding {
	readonly url: string;
	/** The queries of the requests so far. */
	readonly queries: string[];
	/** Set to false to pass on bytes as they come. */
	withholds: boolean;
}

/** Starts a proxy that passes on the status, the headers and the body of a response when it has all of them. */
async function startWithholdingProxy(target: string): Promise<Withholding> {
	const queries: string[] = [];
	const proxy = await startServer((req, res) => {
		const { search } = new URL(req.url ?? "", "http://a.test");
		queries.push(search);
		const { pathname, port } = new URL(target);
		const upstream = request({ port, path: pathname + search, headers: req.headers }, (answer) => {
			const { statusCode = 502 } = answer;
			const parts: Buffer[] = [];
			if (!own.withholds) res.writeHead(statusCode, answer.headers);
			answer.on("data", (part: Buffer) => {
				if (own.withholds) parts.push(part);
				else res.write(part);
			});
			answer.on("end", () => {
				if (own.withholds) res.writeHead(statusCode, answer.headers);
				res.end(Buffer.concat(parts));
			});
			answer.on("error", () => res.destroy());
		});
		upstream.on("error", () => res.destroy());
		res.on("close", () => upstream.destroy());
		upstream.end();
	});
	const own: Withholding = { url: proxy.url, queries, withholds: true };
	atEnd(() => proxy.destroy());
	return own;
}

// Polls that are slower than this, on a busy machine, are tried again, and lose nothing.
const IMPATIENT = { connectTimeoutMs: 300, retry: { baseMs: 1, maxMs: 10 } };

describe("behind a proxy that holds responses back", () => {
	// The answer to a poll does not end the stream.
	it.each([{}, { closeOnEnd: true }])(
		"receives every event, once and in order, by long-polling, with %j",
		async (options) => {
			const { sse, server } = await serve({ history: true, longPollMs: 50 });
			const proxy = await startWithholdingProxy(server.url);
			const stream = open(proxy.url, { ...IMPATIENT, ...options });
			const received: unknown[] = [];
			const states = new Set<StreamState>();
			stream.on("message", ({ data }) => received.push(data));
			stream.onState((state) => states.add(state));
			// From the first poll on, which gives it its id, nothing may be missed.
			await eventually(() => stream.lastEventId !== undefined);
			expect(states).toContain("buffered");
			for (let i = 0; i < 200; i++) {
				sse.send("all", i);
				if (i % 7 === 0) await eventually(() => received.length > i);
			}
			await eventually(() => received.length >= 200);
			expect(received).toEqual(Array.from({ length: 200 }, (_, i) => i));
			expect(proxy.queries).toContain("?live=poll");
			expect(states).not.toContain("open");
		},
	);

	it("only says so, with longPoll: false", async () => {
		const { server } = await serve({ history: true });
		const proxy = await startWithholdingProxy(server.url);
		const stream = open(proxy.url, { ...IMPATIENT, connectTimeoutMs: 30, longPoll: false });
		await untilState(stream, "buffered");
		await eventually(() => proxy.queries.length > 5);
		expect(new Set(proxy.queries)).toEqual(new Set([""]));
	});
});

describe("muteness", () => {
	afterEach(() => {
		vi.useRealTimers();
	});

	function mute(attempts: number): Muteness {
		vi.useFakeTimers();
		const muteness = new Muteness(true, true);
		for (let i = 0; i < attempts; i++) muteness.onMute();
		return muteness;
	}

	it("polls after three mute attempts", () => {
		expect(mute(2).isPolling).toBe(false);
		expect(mute(3).isPolling).toBe(true);
	});

	it("tries a stream after ten minutes, and polls again if that is mute", () => {
		const muteness = mute(3);
		vi.setSystemTime(Date.now() + 600_000);
		expect([muteness.isPolling, muteness.isBuffered]).toEqual([false, true]);
		muteness.onMute();
		expect(muteness.isPolling).toBe(true);
	});

	it("tries a stream after a mute poll", () => {
		const muteness = mute(4);
		expect(muteness.isPolling).toBe(false);
		muteness.onMute();
		expect(muteness.isPolling).toBe(true);
	});

	it("starts over when a byte has come or the network has changed", () => {
		const muteness = mute(3);
		muteness.reset();
		expect([muteness.isPolling, muteness.isBuffered]).toEqual([false, false]);
	});
});
