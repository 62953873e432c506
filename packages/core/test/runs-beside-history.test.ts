/**
 * Runs whose streams a service with history opens: its ids have a place in the event log, those of a run must not.
 */
import { eventually, openStream, startServer, type TestStream } from "@sse-service/testing";
import { EventSource } from "eventsource";
import { afterEach, describe, expect, it } from "vitest";
import { respond } from "../src/fetch.js";
import { createSSEService, isSSEError, type SSEService } from "../src/index.js";
import { createRuns, type FetchRunReader, type RunReader, type Runs } from "../src/runs.js";

const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

interface Serving {
	readonly runs: Runs;
	readonly url: string;
	readonly sse: SSEService;
	read(lastEventId?: string): Promise<TestStream>;
}

type Params = Parameters<SSEService["connect"]>[0];

/** Serves the run `a` to readers that `readerOf` makes. */
async function serve(readerOf: (params: Params, sse: SSEService) => RunReader): Promise<Serving> {
	const sse: SSEService = createSSEService({ history: true, retryMs: 1, heartbeatIntervalMs: 80 });
	const runs = createRuns({ service: sse, batchMs: 0 });
	const server = await startServer(async (req, res) => {
		try {
			await runs.follow("a", readerOf({ req, res }, sse));
		} catch (error) {
			if (!isSSEError(error)) throw error;
			if (res.headersSent) res.end();
			else res.writeHead(500).end(error.code);
		}
	});
	closing.push(async () => {
		await runs.close();
		await sse.close();
		await server.destroy();
	});
	const read = (lastEventId?: string): Promise<TestStream> =>
		openStream(server.url, lastEventId ? { headers: { "Last-Event-ID": lastEventId } } : {});
	return { runs, url: server.url, sse, read };
}

const lastIdIn = ({ text }: TestStream): string =>
	[...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";

// Cause: the ids on the wire were those of the event log, and a heartbeat replaced them with one that had no place in the run.
// The reader came back without its place, received everything again, and an EventSource never stopped.
describe.each<[string, (params: Params, sse: SSEService) => RunReader]>([
	["{ req, res }", (params) => params],
	[
		"a standalone connection",
		(params, sse) => ({ connection: sse.connect({ ...params, standalone: true }).connection }),
	],
])("a run beside history, followed on %s", (_, readerOf) => {
	it("continues after the last event that its reader received, also after a heartbeat", async () => {
		const { runs, read } = await serve(readerOf);
		let send: (data: string) => Promise<void> = async () => {};
		await runs.start("a", (run) => {
			send = run.send;
			return new Promise<void>((resolve) => run.signal.addEventListener("abort", () => resolve()));
		});
		await send("one");
		await send("two");
		const first = await read();
		await first.take(2);
		const length = first.text.length;
		await first.until(() => first.text.length > length);
		first.abort();
		await send("three");
		const second = await read(lastIdIn(first));
		await second.take(1);
		expect(second.events.map(({ data }) => data)).toEqual(["three"]);
	});

	it("has nothing more for a reader that has the end", async () => {
		const { runs, read } = await serve(readerOf);
		await runs.start("a", () => ["one"]);
		const first = await read();
		await first.ended;
		expect(first.events.map(({ data }) => data)).toEqual(["one", "{}"]);
		const second = await read(lastIdIn(first));
		await second.ended;
		expect(second.events).toEqual([]);
	});
});

describe("a run beside history", () => {
	it("stops an EventSource that has the end", async () => {
		const { runs, url } = await serve((params) => params);
		await runs.start("a", () => ["one"]);
		const source = new EventSource(url);
		closing.push(() => source.close());
		await eventually(() => source.readyState === EventSource.CLOSED, "the EventSource to give up");
	});

	it("is all that its reader receives", async () => {
		const { runs, sse, read } = await serve((params) => ({ ...params, clientId: "ada" }));
		await runs.start("a", (run) => {
			void run.send("one");
			return new Promise<void>((resolve) => run.signal.addEventListener("abort", () => resolve()));
		});
		const reader = await read();
		await reader.take(1);
		expect(sse.send("all", "to everyone")).toBe(0);
		expect(sse.send({ client: "ada" }, "to Ada")).toBe(0);
		await runs.cancel("a");
		await reader.ended;
		expect(reader.events.map(({ data }) => data)).toEqual(["one", "{}"]);
	});

	it("continues for a request of the Fetch API, and has nothing for one with the end", async () => {
		const { runs } = await serve((params) => params);
		await runs.start("a", () => ["one"]);
		const follow = (reader: FetchRunReader): Promise<Response> => runs.follow("a", reader);
		const text = await (await follow(new Request("http://localhost/"))).text();
		const [first = "", end = ""] = [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id);
		const from = (id: string): Request =>
			new Request("http://localhost/", { headers: { "Last-Event-ID": id } });
		expect(await (await follow({ request: from(first) })).text()).not.toContain("data: one");
		expect((await follow(from(end))).status).toBe(204);
	});

	it("refuses a reader to which the service sends events with other ids", async () => {
		const { runs, sse, read } = await serve((params, service) => service.connect(params));
		await runs.start("a", () => ["one"]);
		const refused = { code: "ERR_SSE_INVALID_OPTION" };
		const request = new Request("http://localhost/");
		for (const params of [{ groups: ["g"] }, { groupName: "g" }, { standalone: false }]) {
			await expect(runs.follow("a", { request, ...params })).rejects.toMatchObject(refused);
		}
		const { connection } = respond(request, { service: sse });
		await expect(runs.follow("a", { connection } as never)).rejects.toMatchObject(refused);
		expect(connection.closed).toBe(false);
		const reader = await read();
		await reader.ended;
		expect(reader.text).not.toContain("data: one");
	});
});

describe("a run of a service without history", () => {
	it("is followed by a reader in a group, which receives what the group does", async () => {
		const sse = createSSEService();
		const runs = createRuns({ service: sse, batchMs: 0 });
		const server = await startServer((req, res) => {
			void runs.follow("a", { req, res, groupName: "g" });
		});
		closing.push(async () => {
			await runs.close();
			await sse.close();
			await server.destroy();
		});
		await runs.start("a", (run) => {
			void run.send("one");
			return new Promise<void>((resolve) => run.signal.addEventListener("abort", () => resolve()));
		});
		const reader = await openStream(server.url);
		await reader.take(1);
		expect(sse.send({ group: "g" }, "to the group")).toBe(1);
		await reader.take(2);
		expect(reader.events.map(({ data }) => data)).toEqual(["one", "to the group"]);
	});
});
