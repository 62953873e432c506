/**
 * Mistakes of newcomers: the error names the mistake, and what to do instead.
 */
import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { openStream, startServer, type TestServer } from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import { type AppRespondParams, type AppStreamsOptions, createAppStreams } from "../src/adapter.js";
import { createSSEService as createFetchService } from "../src/fetch.js";
import {
	type ConnectParams,
	createSSEService,
	type HistoryOptions,
	type SendOptions,
	type SSEService,
	type Target,
} from "../src/index.js";
import { createRuns, type FetchRunReader, type RunReader } from "../src/runs.js";

type Mistake = (sse: SSEService, req: IncomingMessage, res: ServerResponse) => unknown;

const NO_SERVERS: readonly [name: string, value: unknown, shown: string][] = [
	["an emitter, as an app of Express is,", new EventEmitter(), "an object"],
	["an app with a close of its own, as of Fastify,", { close() {} }, "an object"],
	["nothing", undefined, "undefined"],
];

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
		"an option of a pipe that is misspelled",
		(sse, req, res) =>
			sse.connect({ req, res }).connection.pipe([1], { evnt: "tick" } as SendOptions),
		'pipe has no option "evnt"; did you mean event?',
	],
	[
		"a service for a stream of an app",
		(sse) => {
			const other = { service: createSSEService() } as AppRespondParams;
			createAppStreams({ service: sse }).respond(new Request("http://localhost"), other);
		},
		"respond of an app takes no other service: its streams are on that of the app",
	],
	[
		"a target that is misspelled",
		(sse) => sse.send({ grup: "news" } as unknown as Target, 1),
		'The target must be "all", { group }, { client } or { connection }, got "{ grup }"; did you mean group?',
	],
	[
		"several targets at once",
		(sse) => sse.send([{ group: "news" }, { group: "sport" }] as unknown as Target, 1),
		'The target must be "all", { group }, { client } or { connection }, got an array',
	],
	[
		"a list where options belong",
		(sse) => sse.send("all", 1, ["tick"] as unknown as SendOptions),
		"The options must be an object, got an array",
	],
	[
		"a service in the place of an app's options",
		(sse) => createAppStreams({ ...sse } as AppStreamsOptions),
		"Pass a service as an option: { service: createSSEService(options) }",
	],
	[
		"options of follow within a reader of Node",
		(_, req, res) => createRuns().follow("1", { req, res, from: "now" } as RunReader),
		"from is no part of a reader, but an option: follow(id, reader, { from })",
	],
	[
		"options of follow within a reader of the Fetch API",
		() => {
			const reader = { request: new Request("http://localhost"), unknown: "error" };
			return createRuns().follow("1", reader as FetchRunReader);
		},
		"unknown is no part of a reader, but an option: follow(id, reader, { unknown })",
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
	...NO_SERVERS.flatMap(([name, value, shown]): typeof MISTAKES => {
		const server = value as Server;
		const says = `closeWith takes the server that listen returns, got ${shown}`;
		const ofApp: Mistake = (service) => createAppStreams({ service }).closeWith(server);
		return [
			[`${name} in the place of the server of a service`, (sse) => sse.closeWith(server), says],
			[`${name} in the place of the server of an app`, ofApp, says],
		];
	}),
	[
		"a server for a service that takes none",
		() => createFetchService().closeWith(createServer()),
		"connect and closeWith need a service created by sse-service; one of sse-service/fetch has respond",
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
		server = await startServer(async (req, res) => {
			try {
				await make(sse, req, res);
			} catch (error) {
				message = (error as Error).message;
			}
			res.end();
		});
		expect(await (await openStream(server.url)).ended).toBe(true);
		expect(message).toBe(says);
	});
});
