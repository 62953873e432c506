/**
 * Runs for handlers that return a `Response`, behind servers of other people.
 */
import { eventually, openStream } from "@sse-service/testing";
import { EventSource } from "eventsource";
import { afterEach, describe, expect, it } from "vitest";
import { isSSEError } from "../src/index.js";
import { createRuns, type FollowOptions, type RunCodec, type Runs } from "../src/runs.js";
import { SERVERS } from "./fetch-servers.js";

const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

describe.each(SERVERS.filter(({ http2 }) => http2 !== true))("a run behind $name", ({ start }) => {
	async function serve(
		options: FollowOptions = {},
		headers?: Record<string, string>,
	): Promise<{ runs: Runs; url: string }> {
		const runs = createRuns({ batchMs: 0 });
		const { server, port } = await start(async (request, outgoing) => {
			try {
				return headers === undefined
					? await runs.follow("a", request, options)
					: await runs.follow("a", { request, outgoing, headers }, options);
			} catch (error) {
				if (isSSEError(error)) return error.toResponse();
				throw error;
			}
		});
		closing.push(async () => {
			await runs.close();
			server.closeAllConnections();
			server.close();
		});
		return { runs, url: `http://127.0.0.1:${port}` };
	}

	it("is followed to its end by one call, and a client that has the end is asked not to reconnect", async () => {
		// Otherwise the client pauses for three seconds before it reconnects.
		const codec: RunCodec = { event: (event) => [{ ...event, retry: 1 }] };
		const { runs, url } = await serve({ codec });
		await runs.start("a", (run) => void run.send("one"));
		const received: string[] = [];
		const source = new EventSource(url);
		closing.push(() => source.close());
		source.onmessage = ({ data }) => received.push(data);
		source.addEventListener("done", () => received.push("done"));
		await eventually(() => source.readyState === EventSource.CLOSED, "the EventSource to give up");
		expect(received).toEqual(["one", "done"]);
	});

	it("continues from the client's position, with headers of the application and of the codec", async () => {
		const codec = { headers: { "X-Protocol": "v1" } };
		const { runs, url } = await serve({ codec }, { "X-App": "chat", "Set-Cookie": "a=b" });
		await runs.start("a", function* () {
			yield "one";
			yield "two";
		});
		const first = await openStream(url);
		await first.ended;
		const [{ id = "" } = {}] = first.events;
		const back = await openStream(`${url}/?lastEventId=${encodeURIComponent(id)}`);
		await back.ended;
		expect(back.events.map(({ data }) => data)).toEqual(["two", "{}"]);
		expect(back.headers).toMatchObject({ "x-app": "chat", "x-protocol": "v1" });
	});

	it("that does not exist is 204, or an error with its response", async () => {
		expect((await fetch((await serve()).url)).status).toBe(204);
		const { url } = await serve({ unknown: "error" });
		const refused = await fetch(url);
		expect(refused.status).toBe(404);
	});

	it("continues when its reader leaves", async () => {
		const { runs, url } = await serve();
		let send: (data: string) => Promise<void> = async () => {};
		await runs.start("a", (run) => {
			send = run.send;
			return new Promise<void>((resolve) => run.signal.addEventListener("abort", () => resolve()));
		});
		const reader = await openStream(url);
		await send("one");
		await reader.take(1);
		reader.abort();
		await send("two");
		await runs.cancel("a");
		const back = await openStream(url, {
			headers: { "Last-Event-ID": reader.events[0]?.id ?? "" },
		});
		await back.ended;
		expect(back.events.map(({ event, data }) => [event, data])).toEqual([
			[undefined, "two"],
			["cancelled", "{}"],
		]);
	});
});
