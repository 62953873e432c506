/**
 * The READMEs and `docs`, read to the letter: every block of code runs, every table says what the code says, every
 * link leads somewhere.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { createContext, runInContext, runInNewContext } from "node:vm";
import { eventually, openStream, startServer, type TestServer } from "@sse-service/testing";
import { codeOf } from "@sse-service/testing/markdown";
import type { RunningProgram } from "@sse-service/testing/project";
import { describeReadmes } from "@sse-service/testing/readme";
import { DefaultChatTransport, type UIMessageChunk } from "ai";
import { EventSource } from "eventsource";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { channels } from "../src/diagnostics/channels.js";
import { createEngineEventLog, type EventLog, type LogEngine } from "../src/engine.js";
import * as index from "../src/index.js";
import {
	createSSEService,
	getDefaultService,
	type SendOptions,
	SSEError,
	type SSEErrorCode,
	type SSEService,
	type Target,
} from "../src/index.js";
import { resolveRunsOptions } from "../src/runs/runs-options.js";
import { createRuns } from "../src/runs.js";
import { resolveOptions } from "../src/service/options.js";
import { MemoryEngine } from "./memory-engine.js";
import { type ModelServer, startModelServer } from "./model-server.js";

const PACKAGE = join(import.meta.dirname, "..");
const REPOSITORY = join(PACKAGE, "../..");
const DOCS = join(PACKAGE, "docs");
const FILES = [
	join(REPOSITORY, "README.md"),
	join(PACKAGE, "README.md"),
	join(PACKAGE, "ARCHITECTURE.md"),
	...readdirSync(DOCS)
		.filter((file) => file.endsWith(".md"))
		.map((file) => join(DOCS, file)),
];
const TYPES = [
	...readdirSync(join(PACKAGE, "src/types")).map((name) => `types/${name}`),
	"service/option-types.ts",
	"service/service-types.ts",
]
	.map((name) => readFileSync(join(PACKAGE, "src", name), "utf8"))
	.join("\n");

// A server and a service of the test that is running. They end when the programs have.

let sse: SSEService;
let server: TestServer;
const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0)) await close();
});

async function serve(
	handler: (req: IncomingMessage, res: ServerResponse) => unknown,
): Promise<void> {
	sse = createSSEService();
	server = await startServer(handler);
	closing.push(
		() => sse.close(),
		() => server.destroy(),
	);
}

let model: ModelServer;

beforeAll(async () => {
	model = await startModelServer();
	Object.assign(process.env, { OPENAI_API_KEY: "none", OPENAI_BASE_URL: model.url });
});

afterAll(() => model.close());

/** Both kinds of handler serve the same. */
async function saysToAda({ url, terminate }: RunningProgram): Promise<void> {
	const ada = await openStream(`${url}/events?user=ada`);
	const say = async (query: string): Promise<string> => (await fetch(`${url}/say?${query}`)).text();
	expect(await say("to=ada&text=hello")).toBe("reached 1\n");
	await ada.take(1);
	expect(ada.textBetweenHeartbeats).toBe(textBlock("received: server.mjs"));
	expect(await say("to=bob&text=hello")).toBe("reached 0\n");
	expect(await say("text=all")).toBe("reached 1\n");
	const refused = await fetch(`${url}/events?user=${"x".repeat(300)}`);
	expect(refused.status).toBe(400);
	expect(await refused.text()).toContain("ERR_SSE_INVALID_CLIENT_ID");
	expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
	expect(await terminate()).toBe(0);
	expect(await ada.ended).toBe(true);
	expect(ada.events).toHaveLength(2);
}

const { besides, table, textBlock, texts } = describeReadmes({
	files: FILES,
	project: {
		packages: ["sse-service"],
		linked: Object.fromEntries(
			[
				"@ai-sdk/openai",
				"@hono/node-server",
				"@types/supertest",
				"ai",
				"hono",
				"openai",
				"supertest",
			].map((name) => [name, join(PACKAGE, "node_modules", name)]),
		),
	},
	programs: {
		"presence.mjs": async ({ url }) => {
			expect((await fetch(url)).status).toBe(404);
			const one = await openStream(`${url}/events`);
			expect(await one.take(1)).toEqual([{ event: "presence", data: '{"online":1}' }]);
			const two = await openStream(`${url}/events`);
			expect((await one.take(2))[1]).toEqual({ event: "presence", data: '{"online":2}' });
			two.abort();
			expect((await one.take(3))[2]).toEqual({ event: "presence", data: '{"online":1}' });
		},
		"server.mjs": saysToAda,
		"response.mjs": saysToAda,
		"resume.mjs": async ({ url }) => {
			const first = await openStream(`${url}/events?user=ada`);
			await fetch(url);
			await first.take(1);
			first.abort();
			await fetch(url);
			await fetch(url);
			const id = /^id: (.*)$/m.exec(first.text.slice(first.text.indexOf("event:")))?.[1] ?? "";
			const again = await openStream(`${url}/events?user=ada`, {
				headers: { "last-event-id": id },
			});
			expect((await again.take(2)).map(({ data }) => data)).toEqual(['{"count":2}', '{"count":3}']);
		},
		"probes.mjs": async ({ url, terminate }) => {
			const statuses = ["/live", "/ready"].map(async (path) => (await fetch(url + path)).status);
			expect(await Promise.all(statuses)).toEqual([200, 200]);
			const stream = await openStream(url);
			expect(stream.status).toBe(200);
			stream.abort();
			expect(await terminate()).toBe(0);
		},
		"limited.mjs": async ({ url }) => {
			const streams = [await openStream(url), await openStream(url)];
			const refused = await fetch(url);
			expect([refused.status, await refused.text()]).toEqual([
				429,
				"ERR_SSE_MAX_CONNECTIONS_PER_CLIENT\n",
			]);
			for (const stream of streams) stream.abort();
		},
		"hub.mjs": async ({ url }) => {
			const post = (update: Record<string, string>, token = "publisher"): Promise<Response> =>
				fetch(url, {
					method: "POST",
					headers: { Authorization: `Bearer ${token}` },
					body: new URLSearchParams(update),
				});
			const topic = "https://example.com/books/1";
			const from = (lastEventID: string): ReturnType<typeof openStream> =>
				openStream(`${url}?${new URLSearchParams({ topic, lastEventID })}`);
			expect((await post({ topic, data: "x" }, "another")).status).toBe(401);
			expect((await post({ data: "x" })).status).toBe(400);
			const id = await (await post({ topic, data: "one" })).text();
			await post({ topic, data: "two\nlines", type: "upd", id: "urn:5" });
			await post({ topic: "another", data: "for others" });
			const two = { event: "upd", data: "two\nlines", id: expect.stringMatching(/;urn:5$/) };
			const all = await (await from("earliest")).take(2);
			expect(all).toMatchObject([{ data: "one", id }, two]);
			expect(await (await from(id)).take(1)).toMatchObject([two]);
			expect(await (await from("urn:unknown")).take(1)).toMatchObject([{ event: "gap" }]);
			const live = await from("");
			await post({ topic, data: "three" });
			expect(await live.take(1)).toMatchObject([{ data: "three" }]);
		},
		"job.mjs": async ({ url }) => {
			expect((await fetch(`${url}/jobs/unknown`)).status).toBe(404);
			const started = await fetch(`${url}/jobs`, { method: "POST" });
			expect(started.status).toBe(202);
			const path = await started.text();
			const watching = await openStream(url + path);
			const isDone = (): boolean => watching.events.at(-1)?.data.includes('"done":true') === true;
			await eventually(isDone, "the end of the job");
			expect(watching.events.at(-1)).toMatchObject({ event: "progress" });
			const late = await openStream(url + path);
			expect(await late.take(1)).toMatchObject([{ data: '{"percent":100,"done":true}' }]);
		},
		"answer.mjs": async ({ url, terminate }) => {
			expect((await fetch(`${url}/answer?id=1`)).status).toBe(204);
			expect((await fetch(`${url}/ask?id=1`)).status).toBe(202);
			const first = await openStream(`${url}/answer?id=1`);
			const [one] = await first.take(1);
			first.abort();
			const back = await openStream(`${url}/answer?id=1`, {
				headers: { "Last-Event-ID": one?.id ?? "" },
			});
			expect(await back.ended).toBe(true);
			const late = await openStream(`${url}/answer?id=1`);
			await late.ended;
			const words = ["An", "answer", "in", "five", "words", "{}"];
			expect(late.events.map(({ data }) => data)).toEqual(words);
			expect([one, ...back.events].map((event) => event?.data)).toEqual(words);
			await fetch(`${url}/ask?id=2`);
			const stopped = await openStream(`${url}/answer?id=2`);
			await stopped.take(1);
			await fetch(`${url}/stop?id=2`);
			await stopped.ended;
			expect(stopped.events.at(-1)?.event).toBe("cancelled");
			expect((await fetch(`${url}/ask?id=`)).status).toBe(400);
			expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
			expect(await terminate()).toBe(0);
		},
		"chat.mjs": async ({ url }) => {
			const stream = await openStream(`${url}/?question=one+two`);
			expect(await stream.ended).toBe(true);
			const tokens = stream.events.filter(({ event }) => event === "token");
			expect(tokens.map(({ data }) => data).join("")).toBe("one two");
			expect(stream.events.at(-1)).toEqual({ event: "done", data: "" });
			const endless = await openStream(`${url}/?question=forever`);
			await endless.take(1);
			const before = model.aborted;
			endless.abort();
			await eventually(() => model.aborted > before, "the model to be stopped");
		},
		"chat-ai-sdk.mjs": async ({ url }) => {
			const chat = new DefaultChatTransport({ api: url });
			const chunks = await chat.sendMessages({
				trigger: "submit-message",
				chatId: "1",
				messageId: undefined,
				messages: [{ id: "1", role: "user", parts: [{ type: "text", text: "one two" }] }],
				abortSignal: undefined,
			});
			const received: UIMessageChunk[] = [];
			for await (const chunk of chunks) received.push(chunk);
			const text = received.map((chunk) => (chunk.type === "text-delta" ? chunk.delta : ""));
			expect(text.join("")).toBe("one two");
			expect(received.at(-1)).toMatchObject({ type: "finish" });
			expect((await fetch(url)).status).toBe(400);
		},
		"hono.mjs": async ({ url, terminate }) => {
			const ada = await openStream(`${url}/events?user=ada`);
			expect(await ada.take(1)).toMatchObject([{ event: "welcome", data: '{"hello":"ada"}' }]);
			const said = await fetch(`${url}/say`, { method: "POST", body: "hi" });
			expect(await said.text()).toBe("reached 1\n");
			expect((await ada.take(2))[1]).toMatchObject({ data: "hi" });
			const refused = await fetch(`${url}/events?user=${"x".repeat(300)}`);
			expect(refused.status).toBe(400);
			expect(await refused.json()).toMatchObject({ code: "ERR_SSE_INVALID_CLIENT_ID" });
			expect(await terminate()).toBe(0);
			expect(await ada.ended).toBe(true);
		},
		"metrics.mjs": async ({ url }) => {
			const stream = await openStream(url);
			const metrics = await fetch(`${url}/metrics`);
			expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4");
			const lines = (await metrics.text()).split("\n");
			expect(lines).toContain("# TYPE sse_connections gauge");
			expect(lines).toContain("sse_connections 1");
			expect(lines).toContain("sse_ready 1");
			stream.abort();
			const closed = async (): Promise<boolean> =>
				(await (await fetch(`${url}/metrics`)).text()).includes(
					'sse_connections_closed_total{reason="client"} 1',
				);
			while (!(await closed()));
		},
		"documented.cjs": async (program) => {
			const stream = await openStream(program.url);
			expect(await stream.take(2)).toEqual([
				{ data: '{"update":1}' },
				{ event: "news", data: "to everyone" },
			]);
			stream.abort();
			await program.untilPrinted(1);
			expect(program.printed).toEqual(["gone"]);
		},
	},
	commands: {
		"presence.mjs": async (watch) => watch().untilText('event: presence\ndata: {"online":1}\n\n'),
		"server.mjs": async (watch, say) => {
			const stream = watch();
			await stream.untilText(": open");
			expect(await say().untilEnd()).toBe("reached 1\n");
			await stream.untilText(textBlock("received: server.mjs"));
		},
	},
	pages: {
		"presence.mjs": (code) =>
			besides("presence.mjs", async ({ url }) => {
				await showsItself(url);
				const first = openPage(code, url);
				await eventually(() => first.printed.length === 1);
				const second = openPage(code, url);
				await eventually(() => first.printed.length === 2 && second.printed.length === 1);
				expect(first.printed).toEqual(["1 here", "2 here"]);
				expect(second.printed).toEqual(["2 here"]);
			}),
		"server.mjs": (code) =>
			besides("server.mjs", async ({ url }) => {
				await showsItself(url);
				const page = openPage(code, url);
				await eventually(() => page.opened === 1);
				await fetch(`${url}/say?to=ada&text=hello`);
				await eventually(() => page.printed.length > 0);
				expect(page.printed).toEqual(["hello"]);
			}),
		"job.mjs": (code) =>
			besides("job.mjs", async ({ url }) => {
				const path = await (await fetch(`${url}/jobs`, { method: "POST" })).text();
				const page = openPage(code, url);
				page.run(`follow(${JSON.stringify(path)})`);
				await eventually(() => page.printed.at(-1) === "100 %");
			}),
		"chat.mjs": (code) =>
			besides("chat.mjs", async ({ url }) => {
				const page = openPage(code, url);
				await eventually(() => page.printed.length > 0);
				expect(page.printed).toEqual(["How are you?"]);
			}),
		"a gap": async (code) => {
			const kept = createSSEService({ history: true });
			await serve((req, res) => {
				req.headers["last-event-id"] = "of another log";
				kept.connect({ req, res });
			});
			closing.unshift(() => kept.close());
			const page = openPage(code, server.url);
			await eventually(() => page.printed.length > 0);
			expect(page.printed).toEqual(["reload the state: invalid"]);
		},
		"refused once": async (code) => {
			const kept = createSSEService({ history: true, retryMs: 1 });
			closing.push(() => kept.close());
			let requests = 0;
			const say = (count: number): number => kept.send("all", count, { event: "count" });
			await serve((req, res) => {
				requests++;
				if (requests === 2) res.writeHead(503).end();
				else kept.connect({ req, res, clientId: "ada" });
			});
			const page = openPage(code, server.url);
			await eventually(() => page.opened === 1);
			expect(say(1)).toBe(1);
			await eventually(() => page.printed.length === 1);
			kept.disconnect("all");
			// Nobody is here for it.
			expect(say(2)).toBe(0);
			await eventually(() => page.printed.length === 2);
			expect(say(3)).toBe(1);
			await eventually(() => page.printed.length === 3);
			expect(page.printed).toEqual(["1", "2", "3"]);
			expect(requests).toBe(3);
			page.run("end()");
			await eventually(() => kept.stats().connections === 0);
		},
	},
	toProgram: ({ kind, body, before, after }) => {
		const end = "server.close(); void sse.close().then(() => server.closeAllConnections());";
		// Not `fetch`: a process takes longer to load it than to do all the rest.
		const client = `
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  getStream({ port, host: "127.0.0.1", agent: false }, async (response) => {
    let received = "";
    for await (const part of response.setEncoding("utf8")) received += part;
    console.log(response.statusCode, JSON.stringify(received));
  });
});`;
		return [
			'import { get as getStream } from "node:http";',
			'import type { AddressInfo } from "node:net";',
			kind === "handler" ? before.replace(/^.*sse\.connect\(.*\n/m, "") : before,
			`{\n${body}\n}\nsetImmediate(() => { ${end} });`,
			after.replace("server.listen(3000);", () => client),
		].join("\n");
	},
});

describe("the tables", () => {
	it("channels: every one is there, and no other", () => {
		const names = Object.values(channels).map((channel) => String(channel?.name));
		expect(table("channels").rows.map(([name = ""]) => codeOf(name)[0])).toEqual(names);
	});

	it("options of runs: every name and default is that of the code", () => {
		const documented = table("runs").rows.map(([name = "", byDefault = ""]) => {
			const [code] = codeOf(byDefault);
			return [codeOf(name)[0], code && evaluate(code)];
		});
		expect(Object.fromEntries(documented)).toEqual(resolveRunsOptions({}));
	});

	it("options: every name and default is that of the code", () => {
		const documented = table("options").rows.map(([name = "", byDefault = ""]) => {
			const [code] = codeOf(byDefault);
			return [codeOf(name)[0], code && evaluate(code)];
		});
		expect(Object.fromEntries(documented)).toEqual(resolveOptions({}));
		expect(documented.map(([name]) => name)).toEqual(Object.keys(resolveOptions({})));
		const stages = wordsOf("ErrorStage");
		expect(table("options").rows.at(-1)?.at(-1)).toMatch(
			new RegExp(stages.map((stage) => `\`${stage}\``).join(".*")),
		);
	});

	it("errors: every code is there, and no other", () => {
		const source = readFileSync(join(PACKAGE, "src/checks/errors.ts"), "utf8");
		const codes = /type SSEErrorCode =([^;]+);/.exec(source)?.[1]?.match(/ERR_\w+/g) ?? [];
		expect(table("errors").rows.map(([code = ""]) => codeOf(code)[0])).toEqual(codes);
	});

	it("errors: each has the status that its code stands for", () => {
		const statuses = table("errors").rows.map(([cell = "", status = ""]) => {
			const code = codeOf(cell)[0] as SSEErrorCode;
			return [code, new SSEError(code, "").statusCode?.toString() ?? "", status];
		});
		for (const [code, status, documented] of statuses) expect(status, code).toBe(documented);
	});

	it("close reasons: every one is there, and no other", () => {
		const documented = table("reasons").rows.flatMap(([reason = ""]) => codeOf(reason));
		expect(documented).toEqual(wordsOf("CloseReason"));
	});

	it("figures: every one is there, and no other", () => {
		const documented = table("stats").rows.flatMap(([figures = ""]) => codeOf(figures));
		expect(documented.sort()).toEqual(Object.keys(createSSEService().stats()).sort());
	});

	it("the handle: every member is there, and no other", () => {
		const documented = table("handle").rows.flatMap(([members = ""]) => codeOf(members));
		const names = documented.map((member) => member.replace(/\(.*/, ""));
		expect(names.sort()).toEqual(membersOf("SSEConnection"));
	});

	it("guarantees: the tests that prove them exist", () => {
		const files = table("guarantees").rows.flatMap((row) => codeOf(row.at(-1) ?? ""));
		expect(files.length).toBeGreaterThan(0);
		expect(files.filter((file) => !existsSync(join(PACKAGE, "test", file)))).toEqual([]);
	});

	it("losses: the tests and the faults that prove them exist", () => {
		const names = table("losses").rows.flatMap((row) => codeOf(row.at(-1) ?? ""));
		const files = names.filter((name) => name.endsWith(".ts"));
		const faults = names.filter((name) => !name.endsWith(".ts"));
		const folder = join(REPOSITORY, "packages/faults/src");
		const known = readdirSync(folder, { encoding: "utf8", recursive: true })
			.filter((file) => file.endsWith(".ts"))
			.map((file) => readFileSync(join(folder, file), "utf8"))
			.join("\n");
		expect(files.filter((file) => !existsSync(join(REPOSITORY, "packages", file)))).toEqual([]);
		expect(faults.filter((name) => !known.includes(`"${name.replace("*", "one")}"`))).toEqual([]);
	});

	it("everything that can be imported is documented", () => {
		const text = texts.slice(1).join("\n");
		expect(Object.keys(index).filter((name) => !text.includes(name))).toEqual([]);
	});
});

describe("every error code", () => {
	it.each(Object.entries(provocations()))(
		"%s can happen, with the status in the table",
		async (code, provoke) => {
			const row = table("errors").rows.find(([cell = ""]) => codeOf(cell)[0] === code);
			let error: unknown;
			await serve(async (req, res) => {
				try {
					await provoke(req, res);
				} catch (thrown) {
					error = thrown;
				}
				if (!res.headersSent) res.end();
			});
			// A limit of one is reached by the second.
			await openStream(server.url);
			await openStream(server.url);
			await eventually(() => error !== undefined, "the error");
			expect(error).toMatchObject({ code });
			expect((error as { statusCode?: number }).statusCode?.toString() ?? "").toBe(row?.[1]);
		},
	);

	/** A log on an engine of which some is otherwise. */
	function logOn(otherwise: Partial<LogEngine>): EventLog {
		return createEngineEventLog({ ...new MemoryEngine().driver(), ...otherwise });
	}

	/** Rejects with the error that `onError` receives for such a log. */
	function told(otherwise: Partial<LogEngine>): Promise<never> {
		return new Promise((_, reject) => {
			createSSEService({ eventLog: logOn(otherwise), onError: reject });
		});
	}

	/** For each code, what makes it happen. */
	function provocations(): Record<
		SSEErrorCode,
		(req: IncomingMessage, res: ServerResponse) => unknown
	> {
		const send = (options: unknown, data: unknown = "x") =>
			sse.send("all", data, options as SendOptions);
		const one = createSSEService({ maxConnections: 1 });
		const oneOfEach = createSSEService({ maxConnectionsPerClient: 1, maxGroupsPerConnection: 1 });
		const onePerKey = createSSEService({ maxConnectionsPerKey: 1 });
		const closed = createSSEService();
		void closed.close();
		return {
			ERR_SSE_INVALID_EVENT: () => send({ event: "a\nb" }),
			ERR_SSE_INVALID_ID: () => send({ id: "\0" }),
			ERR_SSE_INVALID_RETRY: () => send({ retry: -1 }),
			ERR_SSE_INVALID_DATA: () => send({}, 1n),
			ERR_SSE_INVALID_CLIENT_ID: (req, res) => sse.connect({ req, res, clientId: "" }),
			ERR_SSE_INVALID_GROUP: (req, res) => sse.connect({ req, res, groupName: "" }),
			ERR_SSE_INVALID_META: (req, res) =>
				createSSEService({ eventLog: logOn({}) }).connect({ req, res, meta: { n: 1n } }),
			ERR_SSE_INVALID_EXPIRES_AT: (req, res) =>
				sse.connect({ req, res, expiresAt: Date.now() / 1_000 }),
			ERR_SSE_EXPIRED: (req, res) => sse.connect({ req, res, expiresAt: Date.now() - 1 }),
			ERR_SSE_INVALID_TARGET: () => sse.send({} as Target, "x"),
			ERR_SSE_INVALID_REASON: () => sse.disconnect("all", ""),
			ERR_SSE_INVALID_HEADERS: (req, res) =>
				sse.connect({ req, res, originalResHeaders: { "x-a": "\n" } }),
			ERR_SSE_INVALID_OPTION: () => createSSEService({ retry: 1 } as object),
			ERR_SSE_INVALID_REQUEST: (req) => sse.connect({ req, res: {} as ServerResponse }),
			ERR_SSE_INVALID_SOURCE: (req, res) =>
				sse.connect({ req, res }).connection.pipe(1 as unknown as []),
			ERR_SSE_PIPELINED: (req, res) => {
				sse.connect({ req, res });
				sse.connect({ req, res: new ServerResponse(req) });
			},
			ERR_SSE_RESPONSE_STARTED: (req, res) => {
				res.end();
				sse.connect({ req, res });
			},
			ERR_SSE_MAX_CONNECTIONS: (req, res) => one.connect({ req, res }),
			ERR_SSE_MAX_CONNECTIONS_PER_CLIENT: (req, res) =>
				oneOfEach.connect({ req, res, clientId: "ada" }),
			ERR_SSE_MAX_CONNECTIONS_PER_KEY: (req, res) =>
				onePerKey.connect({ req, res, limitKey: "127.0.0.1" }),
			ERR_SSE_MAX_GROUPS: (req, res) => oneOfEach.connect({ req, res, groups: ["a", "b"] }),
			ERR_SSE_SERVICE_CLOSED: (req, res) => closed.connect({ req, res }),
			ERR_SSE_ALREADY_CONFIGURED: () => {
				getDefaultService();
				getDefaultService({ retryMs: 1 });
			},
			ERR_SSE_CONNECTION_CLOSED: (req, res) => {
				const { connection } = sse.connect({ req, res });
				connection.close();
				connection.signal.throwIfAborted();
			},
			ERR_SSE_NO_HISTORY: () => sse.publish("all", "x"),
			ERR_SSE_TIMEOUT: (req, res) =>
				new Promise((_, reject) => {
					const recover = () => new Promise<never>(() => {});
					const options = { history: true, recover, recoverTimeoutMs: 1, onError: reject };
					req.headers["last-event-id"] = "unknown";
					createSSEService(options).connect({ req, res });
				}),
			ERR_SSE_LOG_BUSY: async () => {
				const shared = createSSEService({
					eventLog: logOn({ append: () => new Promise(() => {}) }),
				});
				const published = Array.from({ length: 20_001 }, () => shared.publish("all", "x"));
				await Promise.race(published);
			},
			ERR_SSE_LOG_FAILED: () => {
				const append = () => Promise.reject(new Error("no memory"));
				return createSSEService({ eventLog: logOn({ append }) }).publish("all", "x");
			},
			ERR_SSE_LOG_CONFIG: () => told({ open: async (warn) => warn("it may evict") }),
			ERR_SSE_LOG_VERSION: () => {
				const open = () => Promise.reject(new SSEError("ERR_SSE_LOG_VERSION", "version 2"));
				return told({ open });
			},
			ERR_SSE_INVALID_RUN_ID: () => createRuns().status(""),
			ERR_SSE_RUN_UNKNOWN: (req, res) =>
				createRuns().follow("none", { req, res }, { unknown: "error" }),
			ERR_SSE_RUN_OVER: () =>
				new Promise((_, reject) => {
					void createRuns().start("r", (run) => {
						setImmediate(() => run.send("late").catch(reject));
					});
				}),
			ERR_SSE_RUN_LIMIT: () =>
				new Promise((_, reject) => {
					void createRuns({ maxEvents: 1 }).start("r", (run) => {
						run.signal.addEventListener("abort", () => reject(run.signal.reason));
						void run.send("one");
						void run.send("two");
					});
				}),
			ERR_SSE_MAX_RUNS: async () => {
				const runs = createRuns({ maxRuns: 1 });
				await runs.start("1", () => new Promise(() => {}));
				await runs.start("2", () => {});
			},
		};
	}
});

describe("what arrives", () => {
	it.each(rowsByValue("data"))("%s arrives as %s", async (sent, arrived) => {
		const value = evaluate(sent);
		const { send, stream } = await openOne();
		if (arrived.startsWith("ERR_")) {
			expect(() => send(value)).toThrowError(expect.objectContaining({ code: arrived }));
			return;
		}
		send(value);
		const [event] = await stream.take(1);
		expect(event).toEqual({ data: arrived === "itself" ? value : evaluate(arrived) });
	});

	it.each(rowsByValue("fields"))("%s is on the wire %s", async (sent, written) => {
		const { send, stream } = await openOne();
		const options = evaluate(sent) as SendOptions;
		if (written.startsWith("ERR_")) {
			expect(() => send("x", options)).toThrowError(expect.objectContaining({ code: written }));
			return;
		}
		send("x", options);
		await stream.take(1);
		expect(stream.textBetweenHeartbeats).toBe(
			`: open\n${written === "nothing" ? "" : `${written}\n`}data: x\n\n`,
		);
	});

	/** Each piece of code in the first column with what the second says of it. */
	function rowsByValue(name: string): [sent: string, outcome: string][] {
		return table(name).rows.flatMap(([sent = "", outcome = ""]) =>
			codeOf(sent).map((code): [string, string] => [code, codeOf(outcome)[0] ?? outcome]),
		);
	}

	async function openOne() {
		await serve((req, res) => sse.connect({ req, res }));
		const stream = await openStream(server.url);
		const send = (data: unknown, options?: SendOptions): number => sse.send("all", data, options);
		return { send, stream };
	}
});

describe("figures that other files define", () => {
	const [root, core] = texts;

	it("the size is the one that is checked", async () => {
		const { default: limits } = await import(join(REPOSITORY, ".size-limit.mjs"));
		const own = limits.find(({ name }: { name: string }) => name === "sse-service");
		expect(root).toContain(`At most ${own.limit} minified and gzipped`);
	});

	it("the versions of Node are those of the manifests", () => {
		for (const file of ["package.json", "packages/core/package.json"])
			expect(JSON.parse(read(file)).engines.node).toBe("^20.19.0 || ^22.12.0 || >=24.0.0");
		expect(root).toContain("Node 20.19 (or 22.12, 24)");
		expect(core).toContain("Node 20.19, 22.12, 24 or newer");
	});

	it("the versions of Node that were tried are those of CI", () => {
		const tested = /\bnode: \[(.+)\]/.exec(read(".github/workflows/ci.yml"))?.[1];
		const named = tested?.replace(/, (\d+)$/, " and $1");
		expect(core).toContain(`tested on ${named};`);
		expect(read("packages/client/README.md")).toContain(`Node ${named},`);
		expect(read(".github/CONTRIBUTING.md")).toContain(`Node ${named} `);
	});

	it("the clients that were tried are those that are tested", () => {
		const source = read("packages/core/test/wire/clients.ts");
		const tried = Array.from(source.matchAll(/\bname: "([^"]+)"/g), ([, name]) => name);
		const named = table("clients").rows.flatMap(([names = ""]) => codeOf(names));
		expect(new Set(named.filter((name) => !name.endsWith(":")))).toEqual(new Set(tried));
		expect(tried).toHaveLength(9);
	});

	function read(file: string): string {
		return readFileSync(join(REPOSITORY, file), "utf8");
	}
});

interface Page {
	/** What it has logged, each call as one text. */
	readonly printed: readonly string[];
	/** How often a stream of it has opened. */
	readonly opened: number;
	/** Run more code in it. */
	run(code: string): void;
}

/** Chrome shows a page of its own in place of an error without a body, and that page has no origin to open a stream of. */
async function showsItself(url: string): Promise<void> {
	expect(await (await fetch(url)).text()).not.toBe("");
}

function openPage(code: string, url: string): Page {
	const printed: string[] = [];
	let opened = 0;
	class PageEventSource extends EventSource {
		constructor(path: string) {
			super(new URL(path, url));
			this.addEventListener("open", () => opened++);
			closing.push(() => this.close());
		}
	}
	const page = createContext({
		EventSource: PageEventSource,
		console: { log: (...words: unknown[]) => printed.push(words.join(" ")) },
		setTimeout: (run: () => void) => setImmediate(run),
		clearTimeout: clearImmediate,
	});
	runInContext(code, page);
	return {
		printed,
		run: (more) => void runInContext(more, page),
		get opened() {
			return opened;
		},
	};
}

function evaluate(code: string): unknown {
	return runInNewContext(`(${code})`);
}

/** The literals of a union in types.ts. */
function wordsOf(type: string): string[] {
	const union = new RegExp(`export type ${type} =([^;]+);`).exec(TYPES)?.[1] ?? "";
	return Array.from(union.matchAll(/"([^"]+)"/g), ([, word]) => word ?? "");
}

/** The names of an interface's members in types.ts, each once. */
function membersOf(type: string): string[] {
	const body =
		new RegExp(`export interface ${type}\\b.*\\{\\n([^]+?)\\n\\}`).exec(TYPES)?.[1] ?? "";
	const names = body.matchAll(/^\t(?:readonly )?(\w+)[<(:]/gm);
	return [...new Set(Array.from(names, ([, name]) => name ?? ""))].sort();
}
