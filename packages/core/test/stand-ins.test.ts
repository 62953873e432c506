/**
 * Responses on what stands in for a socket: wrappers that run an app as a function, and mocks of Node's response. They lack
 * much of a socket, and no server emits 'close' for them.
 */
import { EventEmitter } from "node:events";
import { IncomingMessage, ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import { configure as serverlessExpress } from "@codegenie/serverless-express";
import { settled } from "@sse-service/testing";
import { createMocks } from "node-mocks-http";
import serverless from "serverless-http";
import { beforeEach, describe, expect, it } from "vitest";
import { createSSEService, type SSEConnection, type SSEService } from "../src/index.js";

let sse: SSEService;
let reasons: string[];

beforeEach(() => {
	reasons = [];
	// A test that waits for this would take longer than it may.
	const closeTimeoutMs = 100_000;
	sse = createSSEService({ closeTimeoutMs, onDisconnect: ({ reason }) => reasons.push(reason) });
});

/** A request as an API gateway's HTTP API gives it to a function. */
const EVENT = {
	version: "2.0",
	rawPath: "/",
	rawQueryString: "",
	headers: {},
	requestContext: { http: { method: "GET", path: "/" }, stage: "$default" },
};

type Handler = (req: IncomingMessage, res: ServerResponse) => unknown;

/** @returns the body, once the response has ended */
type Respond = (handler: Handler) => Promise<string>;

const RESPONDS: readonly (readonly [name: string, respond: Respond])[] = [
	[
		"serverless-http",
		async (handler) => ((await serverless(handler)(EVENT, {})) as { body: string }).body,
	],
	[
		"serverless-express",
		async (handler) => {
			const answer = serverlessExpress({ app: handler as never })(EVENT, {} as never, () => {});
			return ((await answer) as unknown as { body: string }).body;
		},
	],
	[
		"node-mocks-http with events",
		async (handler) => {
			const { req, res } = createMocks({}, { eventEmitter: EventEmitter });
			const finished = new Promise((resolve) => res.on("finish", resolve));
			handler(req as never, res as never);
			await finished;
			return (res._getBuffer() as Buffer).toString() || res._getData();
		},
	],
	[
		"node-mocks-http without events",
		async (handler) => {
			const { req, res } = createMocks();
			await handler(req as never, res as never);
			return (res._getBuffer() as Buffer).toString() || res._getData();
		},
	],
];

const ENDS: readonly (readonly [
	string,
	(connection: SSEConnection, res: ServerResponse) => unknown,
])[] = [
	["the connection is closed", (connection) => connection.close()],
	["the client is to reconnect elsewhere", (connection) => connection.close("shutdown")],
	["the application ends its response", (connection, res) => [res.end(), connection.close()]],
];

describe.each(RESPONDS)("%s", (_name, respond) => {
	it.each(ENDS)("carries a whole stream, and close() resolves, when %s", async (_how, end) => {
		let figures: unknown;
		const body = await settled(
			respond(async (req, res) => {
				const { connection } = sse.connect({ req, res });
				const sent = sse.send("all", "first") + connection.send("second");
				figures = {
					sent,
					buffered: Number.isFinite(connection.bufferedBytes),
					closed: connection.closed,
				};
				await new Promise((resolve) => setImmediate(resolve));
				end(connection, res);
			}),
			"the body",
		);
		expect(figures).toEqual({ sent: 2, buffered: true, closed: false });
		expect(body).toBe(": open\ndata: first\n\ndata: second\n\n");
		await settled(sse.close(), "the service to close");
		expect(reasons).toHaveLength(1);
		expect(reasons).not.toContain("slow");
	});
});

// The request had to have a socket: "Cannot destructure property '_httpMessage' of 'socket' as it is null".
it("objects of Node without any socket carry a stream, which has one later", async () => {
	const req = new IncomingMessage(null as never);
	req.method = "GET";
	const res = new ServerResponse(req);
	const { connection } = sse.connect({ req, res });
	connection.send("before");
	const socket = new PassThrough();
	res.assignSocket(socket as never);
	connection.send("after");
	await settled(sse.close(), "the service to close");
	const [, body] = String(socket.read()).split("\r\n\r\n");
	expect(body?.match(/data: .*/g)).toEqual(["data: before", "data: after"]);
});

it("one that never finishes is released after closeTimeoutMs", async () => {
	const quick = createSSEService({ closeTimeoutMs: 1 });
	for (const eventEmitter of [undefined, EventEmitter]) {
		const { req, res } = createMocks({}, eventEmitter && { eventEmitter });
		res.end = () => res;
		quick.connect({ req: req as never, res: res as never });
	}
	await settled(quick.close(), "the service to close");
});
