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
		"connect({ req, res }) takes those of Node, or what carries them as raw, got undefined",
	],
	[
		"one response connected twice",
		(sse, req, res) => [sse.connect({ req, res }), sse.connect({ req, res })],
		"The response has begun: connect first, and once",
	],
	[
		"a query parameter that came twice as the client id",
		(sse, req, res) => sse.connect({ req, res, clientId: ["a", "b"] as unknown as string }),
		"The client id must be a string of 1 to 256 characters, got an array",
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
