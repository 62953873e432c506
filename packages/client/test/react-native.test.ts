/**
 * React Native's own platform: its fetch is that of `whatwg-fetch`, over an `XMLHttpRequest`, and its signals are those of
 * `abort-controller`. A response is given when it is complete, without a `body`.
 */
import { createRequire } from "node:module";
import { eventually } from "@sse-service/testing";
import { AbortController, AbortSignal } from "abort-controller";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StreamError } from "../src/index.js";
import { open, serve, untilState } from "./serving.js";

// Neither has types.
const require = createRequire(import.meta.url);
const { fetch: wholeFetch, Headers, Request, Response } = require("whatwg-fetch");
const { XMLHttpRequest } = require("xhr2");

const PLATFORM = {
	AbortController,
	AbortSignal,
	Headers,
	Request,
	Response,
	XMLHttpRequest,
	fetch: wholeFetch,
	ReadableStream: undefined,
	TextDecoder: undefined,
	BroadcastChannel: undefined,
};

const FAST = { retry: { baseMs: 1, maxMs: 10 } };

describe("on React Native", () => {
	beforeEach(async () => {
		// Node loads its own at the first use, which needs what is missing then.
		await fetch("data:,");
		for (const [name, value] of Object.entries(PLATFORM)) vi.stubGlobal(name, value);
	});
	afterEach(() => {
		vi.unstubAllGlobals();
	});

	it("receives every event, once and in order, by long-polling from the first request on", async () => {
		const { sse, server, requests } = await serve({ history: true, longPollMs: 50 });
		const stream = open(server.url, FAST);
		const received: unknown[] = [];
		stream.on("message", ({ data }) => received.push(data));
		await eventually(() => stream.lastEventId !== undefined);
		expect(stream.state).toBe("buffered");
		for (let i = 0; i < 100; i++) {
			sse.send("all", `price ${i}`);
			if (i % 7 === 0) await eventually(() => received.length > i);
		}
		await eventually(() => received.length >= 100);
		expect(received).toEqual(Array.from({ length: 100 }, (_, i) => `price ${i}`));
		expect(requests.every(({ url }) => url?.includes("live=poll"))).toBe(true);
	});

	it("reads an answer that ends, from a server that knows no long-polling", async () => {
		const { server } = await serve({}, (_req, res) => {
			res.writeHead(200, { "content-type": "text/event-stream" }).end("data: one\n\ndata: two\n\n");
			return true;
		});
		const stream = open(server.url, { method: "POST", body: "why?" });
		const received: unknown[] = [];
		for await (const { data } of stream) {
			received.push(data);
			if (data === "two") break;
		}
		expect(received).toEqual(["one", "two"]);
	});

	it("says why nothing comes from a stream that does not end", async () => {
		const errors: StreamError[] = [];
		const { server } = await serve();
		const stream = open(server.url, {
			...FAST,
			connectTimeoutMs: 50,
			onError: (error) => errors.push(error),
		});
		await eventually(() => errors.length > 0);
		await untilState(stream, "buffered");
		expect(errors[0]).toMatchObject({ code: "ERR_SSE_STALLED", final: false });
	});
});
