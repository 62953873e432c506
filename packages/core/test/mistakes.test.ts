/**
 * What somebody who is new here does wrong: the error says what it is, and what to do instead.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { openStream, startServer, type TestServer } from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import { type ConnectParams, createSSEService, type SSEService } from "../src/index.js";

type Mistake = (sse: SSEService, req: IncomingMessage, res: ServerResponse) => unknown;

const MISTAKES: readonly [name: string, make: Mistake, says: string][] = [
	[
		"the request and the response as two arguments",
		(sse, ...both) => sse.connect(...(both as unknown as [ConnectParams])),
		"{ req, res } must be of Node, or carry it as raw, got undefined",
	],
	[
		"one response connected twice",
		(sse, req, res) => [sse.connect({ req, res }), sse.connect({ req, res })],
		"The response is started: connect before, once",
	],
];

describe("a mistake is told so that one knows what to do", () => {
	let server: TestServer;

	afterEach(() => server.destroy());

	it.each(MISTAKES)("%s", async (_name, make, says) => {
		const sse = createSSEService();
		let message: string | undefined;
		server = await startServer((req, res) => {
			try {
				make(sse, req, res);
			} catch (error) {
				message = (error as Error).message;
			}
			res.end();
		});
		expect(await (await openStream(server.url)).ended).toBe(true);
		expect(message).toBe(says);
	});
});
