/**
 * `sse-service/fetch`: streams on a `Response`, read by hand.
 */
import {
	type Complaints,
	collectComplaints,
	eventually,
	openStream,
	settled,
	startServer,
} from "@sse-service/testing";
import { Request as OtherRequest } from "undici";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
	createSSEService as createFetchService,
	type FetchConnection,
	getDefaultService,
	type RespondParams,
	respond,
	SSEError,
	type SSEServiceOptions,
	sendSSEToConnection,
} from "../src/fetch.js";
import { connectSSE, createSSEService, type SSEService } from "../src/index.js";

const URL_OF_EVENTS = "http://127.0.0.1/events";
const KB = 1024;

let sse: SSEService;
let reasons: string[];
let complaints: Complaints;

beforeEach(() => {
	reasons = [];
	complaints = collectComplaints();
	sse = createService();
});

afterEach(async () => {
	await settled(sse.close(), "the service to close");
	await new Promise((resolve) => setImmediate(resolve));
	expect(complaints.stop()).toEqual([]);
});

function createService(options: SSEServiceOptions = {}): SSEService {
	const onDisconnect: SSEServiceOptions["onDisconnect"] = ({ reason }) => reasons.push(reason);
	return createFetchService({ closeTimeoutMs: 1_000, onDisconnect, ...options });
}

interface Reading {
	readonly response: Response;
	readonly connection: FetchConnection;
	/** Ask for one chunk; `undefined` at the end. */
	read(): Promise<string | undefined>;
	cancel(): Promise<void>;
	abort(): void;
}

/** Open a stream that is read by hand. */
function open(params: RespondParams = {}, init: RequestInit = {}, url = URL_OF_EVENTS): Reading {
	const leaving = new AbortController();
	const request = new Request(url, { signal: leaving.signal, ...init });
	const { response, connection } = respond(request, { service: sse, ...params });
	const reader = response.body?.getReader();
	return {
		response,
		connection,
		read: async () => {
			const { value } = (await reader?.read()) ?? {};
			return value && Buffer.from(value).toString();
		},
		cancel: async () => reader?.cancel(),
		abort: () => leaving.abort(),
	};
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a Response", () => {
	it("is an event stream, whose first bytes are a comment", async () => {
		const { response, read } = open();
		expect(response.status).toBe(200);
		expect(Object.fromEntries(response.headers)).toEqual({
			"content-type": "text/event-stream",
			"cache-control": "no-cache, no-transform",
			"x-accel-buffering": "no",
			"sse-heartbeat": "15000",
		});
		expect(await read()).toBe(": open\n");
		sse.send("all", "ä", { event: "e", id: 1 });
		sse.send("all", "second");
		expect(await read()).toBe("event: e\nid: 1\ndata: ä\n\ndata: second\n\n");
	});

	it("passes headers through, cookies each by itself, but for those of the stream", () => {
		const headers = new Headers({ "x-a": "1", "content-length": "5", "cache-control": "private" });
		headers.append("set-cookie", "a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT");
		headers.append("set-cookie", "b=2");
		const { response } = open({ headers });
		expect(response.headers.getSetCookie()).toEqual([
			"a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT",
			"b=2",
		]);
		expect(response.headers.get("x-a")).toBe("1");
		expect(response.headers.get("cache-control")).toBe("private, no-cache, no-transform");
		expect(response.headers.has("content-length")).toBe(false);
	});

	it("returns everything that waits as one chunk, and reports how much waits", async () => {
		const { connection, read } = open();
		expect(connection.bufferedBytes).toBe(7);
		expect(await read()).toBe(": open\n");
		expect(connection.bufferedBytes).toBe(0);
		connection.send("one");
		await turn();
		connection.send("two");
		await turn();
		expect(connection.bufferedBytes).toBe(22);
		expect(await read()).toBe("data: one\n\ndata: two\n\n");
		expect(connection.bufferedBytes).toBe(0);
	});

	it("returns a large backlog in pieces, without copying it", async () => {
		const { connection, read } = open();
		await read();
		connection.send("a".repeat(15 * KB));
		await turn();
		const bytes = "b".repeat(20 * KB);
		connection.send(bytes);
		await turn();
		expect((await read())?.length).toBe("data: \n\n".length + 15 * KB);
		expect(await read()).toBe(`data: ${bytes}\n\n`);
	});

	it("is a target, and so is its connection", async () => {
		const { response, connection, read } = open({ clientId: "ada", meta: { name: "Ada" } });
		await read();
		expect(sse.getClient("ada")?.connections).toEqual([response]);
		expect(sse.getClient("ada")?.meta).toEqual({ name: "Ada" });
		expect(sse.send({ connection: response as never }, 1)).toBe(1);
		expect(sendSSEToConnection(response as never, 2)).toBe(1);
		expect(sse.send({ connection: connection as never }, 3)).toBe(1);
		expect(sse.send({ connection: new Response() as never }, 4)).toBe(0);
		expect(() => sse.send({ connection: {} as never }, 4)).toThrow(SSEError);
		expect(await read()).toBe("data: 1\n\ndata: 2\n\ndata: 3\n\n");
	});

	it("ends once what was sent has been read", async () => {
		sse = createService({ closeTimeoutMs: 600_000 });
		const { connection, read } = open();
		connection.send("last");
		const closed = sse.close();
		let isClosed = false;
		void closed.then(() => {
			isClosed = true;
		});
		await turn();
		expect(isClosed).toBe(false);
		expect(await read()).toBe(": open\ndata: last\n\n");
		expect(await read()).toBeUndefined();
		await closed;
		expect(reasons).toEqual(["shutdown"]);
	});

	it("that nobody reads delays close() by at most closeTimeoutMs", async () => {
		sse = createService({ closeTimeoutMs: 10 });
		const { read } = open();
		sse.send("all", "never read");
		await settled(sse.close(), "the service to close");
		expect(await read()).toBeUndefined();
	});

	it.each<[string, (reading: Reading) => unknown]>([
		["the body is cancelled", ({ cancel }) => cancel()],
		["the request is aborted", ({ abort }) => abort()],
		["both, in either order", ({ abort, cancel }) => [abort(), cancel(), abort()]],
		["both, the other way round", ({ abort, cancel }) => [cancel(), abort()]],
	])("notices once that its client has left: %s", async (_how, leave) => {
		const reading = open();
		await reading.read();
		const waiting = reading.read();
		await leave(reading);
		await eventually(() => reading.connection.closed);
		expect(await waiting).toBeUndefined();
		expect(reading.connection.send("too late")).toBe(0);
		await turn();
		expect(reasons).toEqual(["client"]);
		expect(sse.stats()).toMatchObject({ connections: 0, clients: 0, groups: 0 });
	});

	it.each<[string, (reading: Reading) => unknown]>([
		["its body is cancelled", ({ cancel }) => cancel()],
		["its request is aborted", ({ abort }) => abort()],
	])(
		"is left by its client, even if it is sent to in the turn in which %s",
		async (_how, leave) => {
			const reading = open();
			await reading.read();
			void leave(reading);
			sse.send("all", "too late");
			await eventually(() => reading.connection.closed);
			expect(reasons).toEqual(["client"]);
		},
	);

	it("can be cloned, and is left by its client when nobody reads either", async () => {
		const { response, connection } = respond(new Request(URL_OF_EVENTS), { service: sse });
		const copy = response.clone();
		const [one, other] = [response, copy].map(({ body }) => body?.getReader());
		for (const reader of [one, other]) {
			expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(": open\n");
		}
		// Each waits for the other, so neither is awaited.
		void one?.cancel();
		await turn();
		expect(connection.closed).toBe(false);
		void other?.cancel();
		await eventually(() => connection.closed);
		expect(reasons).toEqual(["client"]);
	});

	it("loses nothing when a reader lets go of it while it waits, and another follows", async () => {
		const { response, connection } = respond(new Request(URL_OF_EVENTS), { service: sse });
		const first = response.body?.getReader();
		await first?.read();
		const waiting = first?.read();
		first?.releaseLock();
		await expect(waiting).rejects.toThrow(TypeError);
		connection.send("kept");
		await turn();
		const second = response.body?.getReader();
		expect(Buffer.from((await second?.read())?.value ?? []).toString()).toBe("data: kept\n\n");
	});

	it("opens for a request of another copy of undici, and ends by its signal", async () => {
		const leaving = new AbortController();
		const headers = { "last-event-id": "7" };
		const request = new OtherRequest(URL_OF_EVENTS, { signal: leaving.signal, headers });
		const { connection } = respond(request as unknown as Request, { service: sse });
		expect(connection.lastEventId).toBe("7");
		leaving.abort();
		await eventually(() => connection.closed);
		expect(reasons).toEqual(["client"]);
	});

	it("opens for a request whose signal is null, as in some libraries", async () => {
		const request = Object.defineProperty(new Request(URL_OF_EVENTS), "signal", { value: null });
		const { connection, response } = respond(request, { service: sse });
		connection.close();
		expect(await response.text()).toBe(": open\n");
	});

	it("is one of two if its request is used twice, and its signal ends both", async () => {
		const leaving = new AbortController();
		const request = new Request(URL_OF_EVENTS, { signal: leaving.signal });
		const both = [1, 2].map(() => respond(request, { service: sse }).connection);
		expect(sse.send("all", "both")).toBe(2);
		leaving.abort();
		await eventually(() => both.every(({ closed }) => closed));
		expect(reasons).toEqual(["client", "client"]);
	});

	it("of a client that has already left is empty, and registers nothing", async () => {
		const { response, connection } = open({}, { signal: AbortSignal.abort() });
		expect([connection.closed, connection.closeReason]).toEqual([true, "client"]);
		expect(await response.text()).toBe("");
		expect(sse.stats().connectionsOpened).toBe(0);
	});

	it("of a HEAD request has the headers only", async () => {
		const { response, connection } = open({}, { method: "HEAD" });
		expect(response.body).toBeNull();
		expect(response.headers.get("content-type")).toBe("text/event-stream");
		expect(connection.closeReason).toBe("head");
	});

	it("leaves the body of a POST to the application", async () => {
		const request = new Request(URL_OF_EVENTS, { method: "POST", body: "prompt" });
		const { connection, response } = respond(request, { service: sse });
		connection.send((await request.text()).toUpperCase());
		connection.close();
		expect(await response.text()).toBe(": open\ndata: PROMPT\n\n");
	});

	it.each<[string, RequestInit, string]>([
		["the header", { headers: { "last-event-id": Buffer.from("ü1").toString("latin1") } }, ""],
		["the query", {}, "?lastEventId=%C3%BC1"],
	])("knows the last event ID by %s", (_by, init, query) => {
		expect(open({}, init, URL_OF_EVENTS + query).connection.lastEventId).toBe("ü1");
	});

	it("resumes where its client was", async () => {
		sse = createService({ history: true });
		const first = open();
		sse.send("all", "missed");
		let text = "";
		while (!text.includes("missed")) text += await first.read();
		const id = [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";
		await first.cancel();
		sse.send("all", "while away");
		const second = open({}, { headers: { "last-event-id": id } });
		await second.read();
		expect(await second.read()).toMatch(/^id: .*\ndata: while away\n\n/);
		expect(second.connection.resumed).toBe(true);
	});

	it("ends before its token expires", async () => {
		// Time passes only when the test says so: on a busy machine the token could expire before the stream opens.
		vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
		onTestFinished(() => {
			vi.useRealTimers();
		});
		const { connection, read } = open({ expiresAt: Date.now() + 2_000 });
		vi.advanceTimersByTime(1_000);
		expect(connection.closed).toBe(false);
		vi.advanceTimersByTime(999);
		expect(connection.closeReason).toBe("expired");
		expect(await read()).toContain(": open");
		expect(await read()).toBeUndefined();
	});

	it("pipes no faster than it is read", async () => {
		const { connection, read } = open();
		let pulled = 0;
		const piping = connection.pipe(
			(function* () {
				for (; pulled < 100; pulled++) yield "x".repeat(10 * KB);
			})(),
		);
		for (let turns = 0; turns < 50; turns++) await turn();
		expect(pulled).toBeLessThan(20);
		while (pulled < 100) await read();
		expect(await piping).toBe(100);
	});

	it("that is not read is bounded, ends as slow, and affects nobody else", async () => {
		sse = createService({ maxBufferedBytes: 100 * KB });
		const [unread, other] = [open(), open()];
		await other.read();
		let most = 0;
		for (let n = 0; n < 50; n++) {
			sse.send("all", "x".repeat(10 * KB));
			most = Math.max(most, unread.connection.bufferedBytes);
			expect((await other.read())?.length).toBeGreaterThan(10 * KB);
		}
		expect(unread.connection.closeReason).toBe("slow");
		expect(most).toBeLessThanOrEqual(100 * KB);
		expect(other.connection.closed).toBe(false);
	});

	it("that a runtime drops silently ends by the stall", async () => {
		sse = createService({ heartbeatIntervalMs: 0, stallTimeoutMs: 10 });
		const { connection } = open();
		await eventually(() => connection.closed);
		expect(connection.closeReason).toBe("slow");
	});

	it("shares its bytes with others, and they stay whole when one reader transfers its own", async () => {
		const [one, other] = [open(), open()];
		await one.read();
		await other.read();
		sse.send("all", "x".repeat(100 * KB));
		await turn();
		let received = 0;
		while (received < 100 * KB) received += (await one.read())?.length ?? 0;
		received = 0;
		while (received < 100 * KB) received += (await other.read())?.length ?? 0;
		expect(received).toBe(100 * KB + "data: \n\n".length);
	});
});

describe("a refusal", () => {
	it("is thrown before there is a response, and can become one", async () => {
		sse = createService({ maxConnectionsPerClient: 1 });
		open({ clientId: "ada" });
		let error: unknown;
		try {
			open({ clientId: "ada" });
		} catch (thrown) {
			error = thrown;
		}
		expect(error).toMatchObject({ code: "ERR_SSE_MAX_CONNECTIONS_PER_CLIENT", statusCode: 429 });
		const response = (error as SSEError).toResponse();
		expect(response.status).toBe(429);
		expect(await response.json()).toMatchObject({ code: "ERR_SSE_MAX_CONNECTIONS_PER_CLIENT" });
	});

	it("says when to reconnect once the service is closed", async () => {
		await sse.close();
		let error: unknown;
		try {
			open();
		} catch (thrown) {
			error = thrown;
		}
		const response = (error as SSEError).toResponse();
		expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
	});

	it.each<[string, () => unknown, string]>([
		["no Request", () => respond({} as never), "ERR_SSE_INVALID_REQUEST"],
		["no request at all", () => respond(undefined as never), "ERR_SSE_INVALID_REQUEST"],
		[
			"a request without a URL",
			() => respond({ headers: new Headers() } as never),
			"ERR_SSE_INVALID_REQUEST",
		],
		["no service", () => open({ service: {} as never }), "ERR_SSE_INVALID_OPTION"],
		[
			"a client id of the wrong type",
			() => open({ clientId: 7 as never }),
			"ERR_SSE_INVALID_CLIENT_ID",
		],
		[
			"headers that are none",
			() => open({ headers: [["bad name", "1"]] }),
			"ERR_SSE_INVALID_HEADERS",
		],
		...["originalResHeaders", "req", "res"].map((name): [string, () => unknown, string] => [
			`${name}, which is for connect`,
			() => open({ [name]: {} }),
			"ERR_SSE_INVALID_OPTION",
		]),
		["a token that has expired", () => open({ expiresAt: new Date(1e12) }), "ERR_SSE_EXPIRED"],
	])("%s", (_what, misuse, code) => {
		expect(misuse).toThrow(expect.objectContaining({ code }));
		expect(sse.stats().connectionsOpened).toBe(0);
	});
});

describe("streams of Node beside it", () => {
	it("share one registry: what is sent to everyone reaches both", async () => {
		sse = createSSEService();
		const server = await startServer((req, res) => sse.connect({ req, res }));
		const ofNode = await openStream(server.url);
		const { read } = open();
		await read();
		expect(sse.send("all", "both")).toBe(2);
		expect(await ofNode.take(1)).toEqual([{ data: "both" }]);
		expect(await read()).toBe("data: both\n\n");
		await sse.close();
		await server.close();
	});

	it("share the default service, whichever came first", async () => {
		sse = getDefaultService();
		const { response } = respond(new Request(URL_OF_EVENTS));
		const server = await startServer((req, res) => connectSSE({ req, res }));
		const ofNode = await openStream(server.url);
		expect(getDefaultService().send("all", "both")).toBe(2);
		expect(await ofNode.take(1)).toEqual([{ data: "both" }]);
		await response.body?.cancel();
		await sse.close();
		await server.close();
	});

	it("are refused by a service that is not made for them, with a clear message", async () => {
		let message = "";
		const server = await startServer((req, res) => {
			try {
				sse.connect({ req, res });
			} catch (error) {
				message = String(error);
			}
			res.end();
		});
		await (await openStream(server.url)).ended;
		expect(message).toMatch(/sse-service\/fetch/);
		await server.close();
	});
});

it("writes nothing to the console", () => {
	const spies = (["log", "warn", "error"] as const).map((level) => vi.spyOn(console, level));
	open().abort();
	for (const spy of spies) expect(spy).not.toHaveBeenCalled();
	vi.restoreAllMocks();
});
