/**
 * LangGraph's own SDK, and the reducer of its `useStream`.
 */
import type { IncomingMessage } from "node:http";
import { Client } from "@langchain/langgraph-sdk";
import { MessageTupleManager, StreamManager } from "@langchain/langgraph-sdk/ui";
import { startServer } from "@sse-service/testing";
import fc from "fast-check";
import { createRuns, type RunProducer, type Runs } from "sse-service/runs";
import { afterEach, describe, expect, it } from "vitest";
import { langGraph, langGraphFold, langGraphRun } from "../src/index.js";
import { joinsAnywhere, late, seldom } from "./joining.js";
import { Gate } from "./serving.js";

interface Part {
	readonly event: string;
	readonly data: unknown;
}

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

/** The part of LangGraph's API that its SDK needs for one run `r`, which the first request starts. */
async function serveGraph(produce: RunProducer) {
	const runs: Runs = createRuns({ batchMs: 0 });
	const requests: string[] = [];
	const server = await startServer(async (req, res) => {
		for await (const _ of req);
		const { pathname } = new URL(req.url ?? "/", "http://localhost");
		const lastEventId = req.headers["last-event-id"];
		requests.push(`${req.method} ${pathname}${lastEventId === undefined ? "" : " resumed"}`);
		const names = { threadId: pathname.split("/")[2], runId: "r" };
		const follow = (request: IncomingMessage) =>
			runs.follow("r", { req: request, res }, { codec: langGraph(names), unknown: "error" });
		if (pathname.endsWith("/cancel")) {
			res.writeHead((await runs.cancel("r", "stop")) ? 202 : 404).end();
		} else if (pathname.endsWith("/stream")) {
			if (req.method === "POST") await runs.start("r", produce);
			await follow(req);
		} else {
			const status = await runs.status("r");
			res.writeHead(status === undefined ? 404 : 200, { "content-type": "application/json" });
			res.end(JSON.stringify(status && langGraphRun(status, names)));
		}
	});
	closing.push(async () => {
		await runs.close();
		await server.destroy();
	});
	const client = new Client({ apiUrl: server.url, apiKey: null, callerOptions: { maxRetries: 0 } });
	return { client, runs, server, requests };
}

const text = (content: string, id = "m"): Part => ({
	event: "messages",
	data: [{ type: "AIMessageChunk", id, content }, { langgraph_node: "agent" }],
});

const PARTS: Part[] = [
	{ event: "metadata", data: { run_id: "r", attempt: 1 } },
	{ event: "values", data: { messages: [] } },
	text("The "),
	text("answer."),
	{ event: "values", data: { messages: [{ type: "ai", id: "m", content: "The answer." }] } },
];

async function collect(stream: AsyncIterable<Part>): Promise<Part[]> {
	const parts: Part[] = [];
	for await (const { event, data } of stream) parts.push({ event, data });
	return parts;
}

const eventsOf = (parts: readonly Part[]): string[] => parts.map(({ event }) => event);

describe("LangGraph's client", () => {
	it("reads a fresh run, and learns its names", async () => {
		const { client, requests } = await serveGraph(() => PARTS);
		const created: unknown[] = [];
		const parts = await collect(
			client.runs.stream("t", "agent", { onRunCreated: (run) => void created.push(run) }),
		);
		expect(parts).toEqual([...PARTS, { event: "end", data: null }]);
		expect(created).toEqual([{ run_id: "r", thread_id: "t" }]);
		expect(requests).toEqual(["POST /threads/t/runs/stream"]);
	});

	it("resumes at the Location when its connection breaks half-way, after the event that it had last", async () => {
		const gate = new Gate();
		const { client, server, requests } = await serveGraph(async (run) => {
			for (const part of PARTS.slice(0, 3)) await run.send(part);
			await gate.wait();
			for (const part of PARTS.slice(3)) await run.send(part);
		});
		const parts: Part[] = [];
		for await (const { event, data } of client.runs.stream("t", "agent", {})) {
			parts.push({ event, data });
			if (parts.length === 3) {
				for (const socket of server.sockets) socket.destroy();
				gate.open();
			}
		}
		expect(parts).toEqual([...PARTS, { event: "end", data: null }]);
		expect(requests).toEqual([
			"POST /threads/t/runs/stream",
			"GET /threads/t/runs/r/stream resumed",
		]);
	});

	it("asks for the run when the stream ends too early, and resumes while it is running", async () => {
		const gate = new Gate();
		const { client, server, requests } = await serveGraph(async (run) => {
			await run.send(PARTS[0]);
			await gate.wait();
		});
		const parts: Part[] = [];
		const proxied = await startServer(async (req, res) => {
			// A proxy that ends the first response cleanly.
			if (req.headers["last-event-id"] !== undefined && req.url?.includes("/stream")) gate.open();
			const headers = req.headers["last-event-id"] && {
				"last-event-id": String(req.headers["last-event-id"]),
			};
			const response = await fetch(server.url + req.url, {
				method: req.method as string,
				...(headers && { headers }),
			});
			res.writeHead(response.status, Object.fromEntries(response.headers));
			for await (const chunk of response.body ?? []) {
				res.write(chunk);
				if (req.method === "POST" && `${Buffer.from(chunk)}`.includes("metadata")) break;
			}
			res.end();
		});
		closing.push(() => proxied.destroy());
		const other = new Client({ apiUrl: proxied.url, apiKey: null });
		for await (const part of other.runs.stream("t", "agent", {})) {
			parts.push(part);
			if (part.event === "metadata") {
				expect(await client.runs.get("t", "r")).toMatchObject({ run_id: "r", status: "running" });
			}
		}
		expect(eventsOf(parts)).toEqual(["metadata", "end"]);
		expect(requests).toContain("GET /threads/t/runs/r");
		expect(await client.runs.get("t", "r")).toMatchObject({ status: "success" });
	});

	it("joins a run, from the start and after an event, and receives its cancellation", async () => {
		const { client, requests } = await serveGraph(async (run) => {
			for (const part of PARTS.slice(0, 4)) await run.send(part);
			await new Promise((resolve) => run.signal.addEventListener("abort", resolve));
		});
		const first = client.runs.stream("t", "agent", {});
		const ids: (string | undefined)[] = [];
		for await (const part of first) {
			ids.push((part as { readonly id?: string }).id);
			if (ids.length === 4) break;
		}
		const joined = client.runs.joinStream("t", "r", { lastEventId: ids[2] ?? "" });
		expect((await joined.next()).value).toMatchObject(PARTS[3] as Part);
		const whole = client.runs.joinStream("t", "r");
		expect((await whole.next()).value).toMatchObject({ event: "metadata" });
		await client.runs.cancel("t", "r");
		expect(await collect(joined)).toMatchObject([
			{ event: "error", data: { error: "UserInterrupt" } },
		]);
		expect(eventsOf(await collect(whole)).at(-1)).toBe("error");
		expect(await client.runs.get("t", "r")).toMatchObject({ status: "interrupted" });
		expect(requests).toContain("POST /threads/t/runs/r/cancel");
	});

	it("is given an error when the producer throws, without what it threw", async () => {
		const { client } = await serveGraph(async (run) => {
			await run.send(PARTS[0]);
			throw new Error("secret");
		});
		expect((await collect(client.runs.stream("t", "agent", {}))).at(-1)).toEqual({
			event: "error",
			data: { error: "RunFailed", message: "The run failed: error" },
		});
		expect(await client.runs.get("t", "r")).toMatchObject({ status: "error" });
	});

	it("is given an error for an event without a name, or with one that is not allowed", async () => {
		// The first was sent as an event named `undefined`. At the second the stream stopped, and the SDK took that for the end.
		for (const event of [{ data: 1 }, { event: "a\nb", data: 1 }]) {
			const { client } = await serveGraph(() => [event]);
			const parts = await collect(client.runs.stream("t", "agent", { input: {} }));
			expect(parts).toMatchObject([{ event: "error", data: { error: "RunFailed" } }]);
		}
	});

	it("is given an error for a position of another run", async () => {
		const { client } = await serveGraph(() => PARTS);
		await collect(client.runs.stream("t", "agent", {}));
		const parts = await collect(client.runs.joinStream("t", "r", { lastEventId: "other.3" }));
		expect(parts[0]).toMatchObject({ event: "error", data: { error: "StreamGap" } });
	});
});

describe("the codec of LangGraph", () => {
	it("names the run in its headers, and refuses one without a name", () => {
		expect(langGraph({ runId: "a/b" }).headers).toEqual({
			location: "/runs/a%2Fb/stream",
			"content-location": "/runs/a%2Fb",
		});
		expect(() => langGraph({ runId: "" })).toThrow("1 to 256 characters");
	});
});

describe("the fold of LangGraph", () => {
	async function stateOf(parts: readonly Part[]): Promise<unknown> {
		const manager = new StreamManager<Record<string, unknown>>(new MessageTupleManager(), {
			throttle: false,
		} as never);
		await manager.start(
			async () =>
				(async function* () {
					yield* structuredClone(parts) as never[];
				})(),
			{
				getMessages: (values: { messages?: [] }) => values.messages ?? [],
				setMessages: (values: object, messages: unknown[]) => ({ ...values, messages }),
				initialValues: {},
				callbacks: {},
				onSuccess: () => undefined,
				onError: () => undefined,
			} as never,
		);
		return manager.values;
	}

	const id = fc.constantFrom("a", "b", "c");
	const word = fc.string({ maxLength: 4 });
	const tuple = fc
		.record({
			event: seldom(fc.constant({ event: "messages|sub:1" })),
			message: seldom(
				fc.constantFrom(
					{ type: "ai" },
					{ response_metadata: { model: "m" } },
					{ usage_metadata: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } },
					{ content: "", tool_call_chunks: [{ index: 0, id: "c", name: "look", args: "{" }] },
					{ type: "remove", content: "" },
				),
			),
			metadata: seldom(fc.constantFrom({ langgraph_step: 2 }, { langgraph_node: "other" })),
			id,
			content: word,
		})
		.map(({ event, message, metadata, id, content }): Part => {
			const chunk = { type: "AIMessageChunk", id, content, ...message };
			return {
				event: "messages",
				data: [chunk, { langgraph_node: "agent", ...metadata }],
				...event,
			};
		});
	const other = fc.oneof(
		fc.tuple(id, word, fc.boolean()).map(
			([name, content, isPaused]): Part => ({
				event: "values",
				data: isPaused
					? { __interrupt__: [{ id: name, value: content }] }
					: { messages: [{ type: "ai", id: name, content }], step: content },
			}),
		),
		fc.tuple(id, word).map(
			([name, content]): Part => ({
				event: "messages/partial",
				data: [{ type: "ai", id: name, content }],
			}),
		),
		fc.constantFrom<Part>(
			{ event: "updates", data: { agent: { messages: [{ type: "ai", id: "a", content: "u" }] } } },
			{ event: "custom", data: 1 },
			{ event: "tasks", data: {} },
			{ event: "values|sub:1", data: { messages: [] } },
			{ event: "messages", data: [{ type: "remove", id: "__remove_all__", content: "" }, {}] },
		),
	);
	const parts = fc.array(
		fc.oneof({ weight: 6, arbitrary: tuple }, { weight: 2, arbitrary: other }),
		{ maxLength: 30 },
	);

	it("is the same state to the SDK's reducer, wherever a reader joins", async () => {
		await joinsAnywhere(langGraphFold(), parts, stateOf, 300);
	});

	it("keeps the text under other metadata between the texts before and after it", () => {
		// The third joined the first: "one three two".
		const chunk = (content: string, langgraph_step: number): Part => ({
			event: "messages",
			data: [{ type: "AIMessageChunk", id: "m", content }, { langgraph_step }],
		});
		const events = [chunk("one ", 1), chunk("two ", 2), chunk("th", 1), chunk("ree", 1)];
		const folded = [chunk("one ", 1), chunk("two ", 2), chunk("three", 1)];
		expect(late(langGraphFold(), events, events.length)).toEqual(folded);
	});

	it("keeps one event of a message, and of a state the newest", () => {
		const partial = (content: string): Part => ({
			event: "messages/partial",
			data: [{ type: "ai", id: "p", content }],
		});
		const parts = [...PARTS.slice(0, 4), partial("o"), partial("ok"), text("x"), text("y")];
		expect(late(langGraphFold(), parts, parts.length)).toEqual([
			PARTS[0],
			PARTS[1],
			text("The answer."),
			partial("ok"),
			text("xy"),
		]);
	});
});
