/**
 * Mistakes of newcomers: the error names the mistake, and what to do instead.
 */
import { EventEmitter } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { openStream, startServer, type TestServer } from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import { createAppStreams } from "../src/adapter.js";
import {
	type ConnectParams,
	createSSEService,
	type HistoryOptions,
	type SendOptions,
	type SSEService,
	type Target,
} from "../src/index.js";

type Mistake = (sse: SSEService, req: IncomingMessage, res: ServerResponse) => unknown;

const MISTAKES: readonly [name: string, make: Mistake, says: string][] = [
	[
		"the request and the response as two arguments",
		(sse, ...both) => sse.connect(...(both as unknown as [ConnectParams])),
		'req must be Node\'s request, or carry it as raw (connect takes { req, res }; for a Request of the Fetch API use respond of "sse-service/fetch"), got undefined',
	],
	[
		"one response connected twice",
		(sse, req, res) => [sse.connect({ req, res }), sse.connect({ req, res })],
		"The response has already started: call connect once, before sending anything",
	],
	[
		"Node's request with something else than its response",
		(sse, req) => sse.connect({ req, res: {} as ServerResponse }),
		'res must be Node\'s response, or carry it as raw (connect takes { req, res }; for a Request of the Fetch API use respond of "sse-service/fetch"), got an object',
	],
	[
		"an option of send that is misspelled",
		(sse) => sse.send("all", 1, { evnt: "tick" } as SendOptions),
		'send has no option "evnt"; did you mean event?',
	],
	[
		"a target that is misspelled",
		(sse) => sse.send({ grup: "news" } as unknown as Target, 1),
		'The target must be "all", { group }, { client } or { connection }, got "{ grup }"; did you mean group?',
	],
	[
		"a limit of the history that is misspelled",
		() => createSSEService({ history: { group: {} } as HistoryOptions }),
		'Unknown option "history.group"; did you mean groups?',
	],
	[
		"an event that is volatile and has a key",
		(sse) => sse.send("all", 1, { volatile: true, key: "a" }),
		"volatile cannot be combined with key or ttlMs: a volatile event neither waits nor is kept",
	],
	[
		"the app of a framework in the place of its server",
		() => {
			const app = new EventEmitter() as Server;
			createAppStreams({ service: createSSEService() }).closeWith(app);
		},
		"closeWith takes the server that listen returns, got an object",
	],
	[
		"no server",
		() =>
			createAppStreams({ service: createSSEService() }).closeWith(undefined as unknown as Server),
		"closeWith takes the server that listen returns, got undefined",
	],
	[
		"more groups than a connection may have",
		(_, req, res) =>
			createSSEService({ maxGroupsPerConnection: 1 }).connect({ req, res, groups: ["a", "b"] }),
		"Too many groups: maxGroupsPerConnection is 1",
	],
];

describe("the message of a mistake names it, and what to do instead", () => {
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
