/**
 * Long polls: `?live=poll` is answered with the next events, from the same log and with the same ids as a stream.
 */
import {
	eventually,
	openSocket,
	openStream,
	type Protocol,
	type TestServer,
	type TestStream,
} from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import { respond } from "../src/fetch.js";
import type { ConnectParams, SSEConnection, SSEService, SSEServiceOptions } from "../src/index.js";
import { dataOf, lastIdOf } from "./received.js";
import { startService } from "./serving.js";

let server: TestServer;
let sse: SSEService;
let connections: readonly SSEConnection[];

afterEach(async () => {
	await sse.close();
	await server.destroy();
});

async function serve(
	options: SSEServiceOptions = {},
	params: Partial<ConnectParams> = {},
	protocol?: Protocol,
): Promise<void> {
	({ sse, server, connections } = await startService(
		{ history: true, ...options },
		() => params,
		protocol,
	));
}

function poll(id?: string, http2 = false): Promise<TestStream> {
	const headers = id === undefined ? {} : { "last-event-id": id };
	return openStream(`${server.url}/events?live=poll`, { headers, http2 });
}

/** Polls without an id, as a new client does. @returns the id that it receives */
async function firstId(http2 = false): Promise<string> {
	const stream = await poll(undefined, http2);
	await stream.ended;
	return lastIdOf(stream);
}

describe("a long poll", () => {
	it("without an id ends at once, with an id and no event", async () => {
		await serve();
		sse.send("all", "before");
		const stream = await poll();
		await stream.ended;
		expect(stream.events).toEqual([]);
		// By which a client tells an answer from a stream.
		expect(stream.text).toMatch(/^: poll\n/);
		expect(lastIdOf(stream)).not.toBe("");
		expect(connections[0]?.closeReason).toBe("poll");
	});

	it("ends at once with everything that was missed", async () => {
		// More than one page of the log, and more than is written at once.
		const events = Array.from({ length: 3_000 }, (_, i) => `${i}`.padEnd(100, "."));
		await serve({ history: { maxEvents: 10_000, maxBytes: 10_000_000 } });
		const id = await firstId();
		for (const data of events) sse.send("all", data);
		const stream = await poll(id);
		await stream.ended;
		expect(dataOf(stream.events)).toEqual(events);
		expect(connections.at(-1)?.closeReason).toBe("poll");
	});

	it.each<[Protocol]>([["http"], ["http2"]])(
		"waits for an event, and ends with all events of its tick, over %s",
		async (protocol) => {
			await serve({}, {}, protocol);
			const http2 = protocol === "http2";
			const stream = await poll(await firstId(http2), http2);
			await eventually(() => connections.length === 2);
			expect(connections[1]?.closed).toBe(false);
			for (const data of ["1", "2", "3"]) sse.send("all", data);
			await stream.ended;
			expect(dataOf(stream.events)).toEqual(["1", "2", "3"]);
		},
	);

	it("after poll gives every event once and in order, whatever is sent between two polls", async () => {
		await serve({}, { groups: ["news"] });
		const got: string[] = [];
		let id = await firstId();
		let sent = 0;
		const sendSome = (): void => {
			for (let count = Math.random() * 4; count > 0; count--)
				sse.send({ group: "news" }, `${sent++}`);
		};
		while (got.length < 300) {
			sendSome();
			const polling = poll(id);
			setImmediate(sendSome);
			const stream = await polling;
			if (got.length === sent) sse.send("all", `${sent++}`);
			await stream.ended;
			got.push(...dataOf(stream.events));
			id = lastIdOf(stream) || id;
		}
		expect(got).toEqual(Array.from(got, (_, index) => `${index}`));
	});

	it("ends without an event after longPollMs, with the newest position", async () => {
		await serve({ longPollMs: 1, history: { maxEvents: 1 } }, { clientId: "ada" });
		let id = await firstId();
		for (const data of ["1", "2", "3"]) {
			sse.send({ client: "bob" }, data);
			const stream = await poll(id);
			await stream.ended;
			expect(stream.events).toEqual([]);
			id = lastIdOf(stream);
		}
		sse.send({ client: "ada" }, "hers");
		const stream = await poll(id);
		await stream.ended;
		expect(dataOf(stream.events)).toEqual(["hers"]);
	});

	it("ends with a gap if what was missed is no longer kept", async () => {
		await serve({ history: { maxEvents: 1 } });
		const id = await firstId();
		for (const data of ["1", "2"]) sse.send("all", data);
		const stream = await poll(id);
		await stream.ended;
		expect(stream.events).toMatchObject([{ event: "gap", data: '{"reason":"expired"}' }]);
		sse.send("all", "3");
		const next = await poll(lastIdOf(stream));
		await next.ended;
		expect(dataOf(next.events)).toEqual(["3"]);
	});

	it("gives a new client the newest events of its groups", async () => {
		await serve({ history: { groups: { prices: { latest: true } } } }, { groups: ["prices"] });
		for (const [key, data] of [
			["A", "1"],
			["B", "2"],
			["A", "3"],
		] as const) {
			sse.send({ group: "prices" }, data, { key });
		}
		const stream = await poll();
		await stream.ended;
		expect(dataOf(stream.events).sort()).toEqual(["2", "3"]);
		expect(lastIdOf(stream)).not.toBe("");
	});

	it("ends with what onConnect sends", async () => {
		await serve({ onConnect: ({ connection }) => connection.send("hello") });
		const stream = await poll(await firstId());
		await stream.ended;
		expect(dataOf(stream.events)).toEqual(["hello"]);
	});

	it("is answered by a Response, too", async () => {
		await serve();
		const ask = async (id: string): Promise<string> => {
			const request = new Request("http://a.test/?live=poll", { headers: { "last-event-id": id } });
			return respond(request, { service: sse }).response.text();
		};
		const id = await firstId();
		sse.send("all", "missed");
		expect(await ask(id)).toContain("data: missed\n");
		const answered = await poll(id);
		await answered.ended;
		const waiting = ask(lastIdOf(answered));
		sse.send("all", "next");
		expect(await waiting).toContain("data: next\n");
	});

	it("holds nothing once its client has left", async () => {
		await serve();
		const stream = await poll(await firstId());
		await eventually(() => connections.length === 2);
		stream.abort();
		await eventually(() => connections[1]?.closeReason === "client");
		expect(sse.stats()).toMatchObject({ connections: 0 });
	});

	it.each<[SSEServiceOptions, string]>([
		[{ maxConnections: 1 }, "ERR_SSE_MAX_CONNECTIONS"],
		[{ maxConnectionsPerClient: 1 }, "ERR_SSE_MAX_CONNECTIONS_PER_CLIENT"],
		[{ maxConnectionsPerKey: 1 }, "ERR_SSE_MAX_CONNECTIONS_PER_KEY"],
	])("counts for the limit %j while it waits, and no longer", async (limit, code) => {
		await serve(limit, { clientId: "ada", limitKey: "a" });
		const id = await firstId();
		const waiting = await poll(id);
		await eventually(() => connections.length === 2);
		const refused = await poll(id);
		await refused.ended;
		expect([refused.status, refused.text]).toEqual([
			code === "ERR_SSE_MAX_CONNECTIONS" ? 503 : 429,
			code,
		]);
		sse.send("all", "1");
		await waiting.ended;
		const next = await poll(lastIdOf(waiting));
		await eventually(() => connections.length === 3);
		next.abort();
	});

	it("is refused behind another poll that waits on its socket", async () => {
		await serve();
		const id = await firstId();
		const request = ["GET /?live=poll HTTP/1.1", "Host: a.test", `Last-Event-ID: ${id}`];
		const pipelined = [...request, "", ...request, "", ...request];
		const client = await openSocket(server.port, pipelined);
		await eventually(() => connections.length === 2);
		sse.send("all", "1");
		await client.untilText("ERR_SSE_PIPELINED");
		await eventually(() => client.text.split("ERR_SSE_PIPELINED").length === 3);
		expect(sse.stats()).toMatchObject({ connections: 0, connectionsOpened: 2 });
		client.abort();
	});

	it.each<[string, SSEServiceOptions, Partial<ConnectParams>]>([
		["without history", { history: false }, {}],
		["with longPollMs: 0", { longPollMs: 0 }, {}],
		["of a standalone connection", {}, { standalone: true }],
	])("%s is a stream", async (_, options, params) => {
		await serve(options, params);
		const stream = await poll();
		await eventually(() => connections.length === 1);
		for (const data of ["1", "2"]) {
			connections[0]?.send(data);
			await eventually(() => dataOf(stream.events).includes(data));
		}
		expect(connections[0]?.closed).toBe(false);
	});
});
