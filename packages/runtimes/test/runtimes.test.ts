/**
 * What holds under every runtime and framework, over its real server. Only in a long run, because each is installed first.
 */
import {
	eventually,
	isLongRun,
	openBlockedReader,
	openSocket,
	openStream,
} from "@sse-service/testing";
import { type ServerProcess, startServerProcess } from "@sse-service/testing/server-process";
import { EventSource } from "eventsource";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { installed } from "../src/on-demand.js";
import { RUNTIMES } from "../src/programs.js";

const WAYS = isLongRun ? RUNTIMES.map((runtime) => [runtime.name, runtime] as const) : [];

describe.each(WAYS)("on %s", (_name, runtime) => {
	const { prepare, dependencies, isDirect, hasSignals = true, hasMiddleware } = runtime;
	const { contentType = "text/event-stream", cookies = ["a=1", "b=2"] } = runtime;
	let program: Awaited<ReturnType<typeof prepare>>;
	let server: ServerProcess;

	beforeAll(async () => {
		program = await prepare(await installed("services", dependencies));
	});

	beforeEach(async () => {
		server = await startServerProcess({
			...program,
			scheme: "http",
			greeting: "GET /stats HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
			answer: /^HTTP\/1\.1 200/,
		});
	});

	afterEach(() => server?.stop());

	const ask = async (path: string): Promise<unknown> => (await fetch(server.url + path)).json();

	interface Stats {
		readonly connections: number;
		readonly waiting: number;
		readonly resumed: number;
	}

	async function until(isSo: (stats: Stats) => boolean): Promise<void> {
		while (!isSo((await ask("/stats")) as Stats));
	}

	const untilConnected = (count: number): Promise<void> =>
		until(({ connections }) => connections === count);

	it("events arrive as they are sent, at a third-party client", async () => {
		const source = new EventSource(`${server.url}/events`);
		const received: string[] = [];
		source.onmessage = ({ data }) => received.push(data);
		await eventually(() => source.readyState === source.OPEN);
		for (const text of ["one", "two"]) {
			expect(await ask(`/say?text=${text}`)).toBe(1);
			await eventually(() => received.at(-1) === text);
		}
		source.close();
		expect(received).toEqual(["one", "two"]);
	});

	it("the stream has its headers, cookies each by itself, and what middleware sets, uncompressed", async () => {
		const headers = { "Accept-Encoding": "gzip" };
		const stream = await openStream(`${server.url}/events`, { headers });
		expect(stream.headers).toMatchObject({
			"content-type": contentType,
			"cache-control": "no-cache, no-transform",
			"x-accel-buffering": "no",
			"sse-heartbeat": "1000",
			"set-cookie": cookies,
			...(hasMiddleware ? { "x-middleware": "yes" } : {}),
		});
		expect(stream.headers).not.toHaveProperty("content-encoding");
		stream.abort();
	});

	it("a HEAD request gets the headers, and opens nothing", async () => {
		const response = await fetch(`${server.url}/events`, { method: "HEAD" });
		expect(response.status).toBe(200);
		expect(response.headers.get("content-type")).toBe(contentType);
		expect(await ask("/stats")).toMatchObject({ opened: 0 });
	});

	it("a client that leaves is noticed, and so is one that reads nothing", async () => {
		const stream = await openStream(`${server.url}/events`);
		const reader = await openBlockedReader(server.port, "/events");
		await untilConnected(2);
		stream.abort();
		await untilConnected(1);
		for (let sent = 0; sent < 10; sent++) await ask("/fill?bytes=100000");
		reader.abort();
		await untilConnected(0);
	});

	it.each(["before the stream is opened", "after it, before the handler returns"])(
		"a client that leaves during an await leaves nothing behind: %s",
		async (place) => {
			const [when = ""] = place.split(" ");
			const socket = await openSocket(server.port, [
				`GET /events?await=${when} HTTP/1.1`,
				"Host: 127.0.0.1",
			]);
			await until(({ waiting }) => waiting === 1);
			socket.abort();
			await socket.closed;
			await ask("/resume");
			await until(({ resumed, connections }) => resumed === 1 && connections === 0);
		},
	);

	it.runIf(isDirect)("events bypass the framework, which no longer reads the body", async () => {
		const stream = await openStream(`${server.url}/events`);
		await stream.until(() => stream.comments.length === 1);
		const before = await ask("/reads");
		for (const text of ["one", "two", "three"]) {
			await ask(`/say?text=${text}`);
			await stream.until(() => stream.events.at(-1)?.data === text);
		}
		expect(await ask("/reads")).toBe(before);
		stream.abort();
	});

	it("a client that reconnects gets what it missed", async () => {
		const first = await openStream(`${server.url}/events`);
		await ask("/say?text=had");
		await first.take(1);
		first.abort();
		await untilConnected(0);
		await ask("/say?text=missed");
		const headers = { "last-event-id": first.events[0]?.id ?? "" };
		const again = await openStream(`${server.url}/events`, { headers });
		expect((await again.take(1))[0]?.data).toBe("missed");
		again.abort();
	});

	it("a limit refuses with its status", async () => {
		const stream = await openStream(`${server.url}/events?user=ada`);
		await untilConnected(1);
		const refused = await fetch(`${server.url}/events?user=ada`);
		expect(refused.status).toBe(429);
		expect(await refused.json()).toMatchObject({ code: "ERR_SSE_MAX_CONNECTIONS_PER_CLIENT" });
		stream.abort();
	});

	it("closing the service ends every stream after what was sent", async () => {
		const stream = await openStream(`${server.url}/events`);
		await untilConnected(1);
		await ask("/say?text=last");
		expect(await ask("/close")).toBe("closed");
		expect(await stream.ended).toBe(true);
		expect(stream.events.map(({ data }) => data)).toEqual(["last"]);
	});

	it.runIf(hasSignals)(
		"a signal ends every stream after its last event, and then the process",
		async () => {
			const stream = await openStream(`${server.url}/events`);
			await untilConnected(1);
			await server.kill("SIGTERM");
			expect(await stream.ended).toBe(true);
			expect(stream.events.map(({ data }) => data)).toEqual(["until next time"]);
		},
	);
});

it("has a name for each runtime, which a long run installs", () => {
	expect(new Set(RUNTIMES.map(({ name }) => name)).size).toBe(RUNTIMES.length);
});
