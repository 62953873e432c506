/**
 * What holds under every runtime and framework, over its real server. Only in a long run, because each is installed first.
 */
import { eventually, isLongRun, openBlockedReader, openStream } from "@sse-service/testing";
import { type ServerProcess, startServerProcess } from "@sse-service/testing/server-process";
import { EventSource } from "eventsource";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { installed } from "../src/on-demand.js";
import { RUNTIMES } from "../src/programs.js";

const WAYS = isLongRun ? RUNTIMES.map((runtime) => [runtime.name, runtime] as const) : [];

describe.each(WAYS)("on %s", (_name, { prepare, dependencies }) => {
	let program: Awaited<ReturnType<typeof prepare>>;
	let server: ServerProcess;

	beforeAll(async () => {
		program = await prepare(await installed(dependencies));
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

	async function untilConnected(count: number): Promise<void> {
		for (;;) {
			const { connections } = (await ask("/stats")) as { connections: number };
			if (connections === count) return;
		}
	}

	it("events arrive as they are sent, at a client of other people's", async () => {
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

	it("the stream has its headers, and cookies each by itself", async () => {
		const stream = await openStream(`${server.url}/events`);
		expect(stream.headers).toMatchObject({
			"content-type": "text/event-stream",
			"cache-control": "no-cache, no-transform",
			"set-cookie": ["a=1", "b=2"],
		});
		expect(stream.headers).not.toHaveProperty("content-encoding");
		stream.abort();
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

	it("a client that comes back gets what it missed", async () => {
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
});

it("has a name for each runtime, which a long run installs", () => {
	expect(new Set(RUNTIMES.map(({ name }) => name)).size).toBe(RUNTIMES.length);
});
