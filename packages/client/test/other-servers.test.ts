/**
 * Servers of other makes: the client continues each from where it was, by what that server gives.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { eventually, startServer } from "@sse-service/testing";
import { createEventBuffer, createSession } from "better-sse";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { describe, expect, it } from "vitest";
import { atEnd, open, untilState } from "./serving.js";

/** A log of events, as each server keeps one. Its ids are opaque. */
class Log {
	readonly ids: string[] = [];
	readonly #listeners = new Set<() => void>();

	add(): void {
		this.ids.push(`urn:uuid:${this.ids.length}/ü`);
		for (const listener of this.#listeners) listener();
	}

	after(id: string | undefined): string[] {
		return id === undefined || id === "" ? [] : this.ids.slice(this.ids.indexOf(id) + 1);
	}

	onAdded(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}
}

type Handler = (req: IncomingMessage, res: ServerResponse) => unknown;

const dataOf = (id: string): string => JSON.stringify({ of: id });

/** The header as browsers send it, in UTF-8. */
function lastIdOf(value: string | string[] | undefined): string | undefined {
	return value === undefined ? undefined : Buffer.from(String(value), "latin1").toString();
}

const SERVERS: Readonly<Record<string, (log: Log) => Handler>> = {
	"better-sse": (log) => async (req, res) => {
		const session = await createSession(req, res, { keepAlive: 20, retry: 5 });
		const push = (id: string): unknown => session.push({ of: id }, "tick", id);
		for (const id of log.after(lastIdOf(req.headers["last-event-id"]))) push(id);
		const off = log.onAdded(() => push(log.ids.at(-1) ?? ""));
		session.once("disconnected", off);
	},
	"better-sse, whose events come in one batch": (log) => async (req, res) => {
		const session = await createSession(req, res, { retry: 5 });
		const send = async (ids: readonly string[]): Promise<void> => {
			const buffer = createEventBuffer();
			for (const id of ids) buffer.push({ of: id }, "tick", id);
			await session.batch(buffer);
		};
		await send(log.after(lastIdOf(req.headers["last-event-id"])));
		session.once(
			"disconnected",
			log.onAdded(() => void send(log.ids.slice(-1))),
		);
	},
	"streamSSE of Hono": (log) => {
		const app = new Hono().get("*", (c) =>
			streamSSE(c, async (stream) => {
				const write = (id: string): Promise<void> =>
					stream.writeSSE({ event: "tick", id, data: dataOf(id), retry: 5 });
				// A server that sends nothing has sent no headers.
				await stream.write(": open\n\n");
				for (const id of log.after(lastIdOf(c.req.header("last-event-id")))) await write(id);
				const off = log.onAdded(() => void write(log.ids.at(-1) ?? ""));
				await new Promise<void>((resolve) => {
					stream.onAbort(() => {
						off();
						resolve();
					});
				});
			}),
		);
		return getRequestListener(app.fetch);
	},
	// https://mercure.rocks/spec: opaque ids, the last one of the hub in a header, comments of a single colon, fields in any order.
	"the shape of Mercure's": (log) => (req, res) => {
		const lastId = lastIdOf(req.headers["last-event-id"]);
		res.writeHead(200, {
			"content-type": "text/event-stream",
			"last-event-id": "urn:uuid:7c6f4a2e",
			link: '<https://hub.test/.well-known/mercure>; rel="mercure"',
		});
		res.write(":\n");
		const write = (id: string): unknown =>
			res.write(`event: tick\nretry: 5\nid: ${id}\ndata: {\ndata:  "of": "${id}"\ndata: }\n\n:\n`);
		for (const id of log.after(lastId)) write(id);
		const off = log.onAdded(() => write(log.ids.at(-1) ?? ""));
		res.once("close", off);
	},
};

describe.each(Object.entries(SERVERS))("from %s", (_name, create) => {
	it("the client receives each event once and in order, though connections are cut", async () => {
		const log = new Log();
		const handle = create(log);
		const server = await startServer((req, res) => void handle(req, res));
		atEnd(() => server.destroy());
		const received: unknown[] = [];
		const stream = open<{ tick: { of: string } }>(server.url, {
			retry: { baseMs: 1, maxMs: 5 },
		});
		stream.on("tick", ({ data }) => received.push(data));
		await untilState(stream, "open");
		for (let i = 1; i <= 60; i++) {
			log.add();
			// The first one gives the position.
			if (i === 1) await eventually(() => received.length === 1);
			if (i % 20 === 0) for (const socket of server.sockets) socket.destroy();
			if (i % 5 === 0) await eventually(() => received.length === i);
		}
		expect(received).toEqual(log.ids.map((id) => ({ of: id })));
	});
});

describe("closeOnEnd, with a server that begins a new answer for each request", () => {
	async function answering(answer: (res: ServerResponse, count: number) => unknown) {
		let count = 0;
		const server = await startServer((_req, res) => {
			res.writeHead(200, { "content-type": "text/event-stream" });
			answer(res, ++count);
		});
		atEnd(() => server.destroy());
		const errors: string[] = [];
		const stream = open(server.url, {
			method: "POST",
			body: "question",
			closeOnEnd: true,
			retry: { baseMs: 1 },
			onError: ({ code }) => errors.push(code),
		});
		const texts: unknown[] = [];
		for await (const { data } of stream) texts.push(data);
		return { texts, errors, requests: count, state: stream.state };
	}

	it("closes the stream when the answer has ended", async () => {
		const answered = await answering((res) => res.end("data: a\n\ndata: b\n\n"));
		expect(answered).toEqual({ texts: ["a", "b"], errors: [], requests: 1, state: "closed" });
	});

	it("asks again after a connection that broke", async () => {
		const answered = await answering((res, count) => {
			if (count === 2) res.end("data: b\n\n");
			else res.write("data: a\n\n", () => res.destroy());
		});
		expect(answered).toEqual({
			texts: expect.arrayContaining(["b"]),
			errors: ["ERR_SSE_NETWORK"],
			requests: 2,
			state: "closed",
		});
	});
});
