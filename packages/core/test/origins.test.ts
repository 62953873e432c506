/**
 * Where a client starts: at the id it sends, at the id that the application names, or now. A page that reconnects without an id sends
 * an empty one. It used to count as new, and silently lost what was sent in the meantime.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, openStream, startServer, type TestStream } from "@sse-service/testing";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { EventSource } from "eventsource";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createEngineEventLog } from "../src/engine.js";
import { createSSEService } from "../src/index.js";
import { MemoryEngine } from "./memory-engine.js";
import { startService } from "./serving.js";

const INVALID = '{"reason":"invalid"}';

function datas({ events }: TestStream): string[] {
	return events.map(({ data }) => data);
}

it("a client that sends an empty parameter gets a gap, and everything from then on", async () => {
	const { sse, server } = await startService({ history: true });
	sse.send("all", "missed");
	for (const name of ["lastEventId", "last-event-id", "last_event_id"]) {
		const stream = await openStream(`${server.url}/?${name}=`);
		sse.send("all", "end");
		await stream.until(() => stream.text.includes("data: end"));
		expect(datas(stream)).toEqual([INVALID, "end"]);
		stream.abort();
	}
});

it("an empty header is no id, and an empty parameter still counts", async () => {
	const { sse, server } = await startService({ history: true });
	for (const [path, expected] of [
		["/", ["end"]],
		["/?lastEventId=", [INVALID, "end"]],
	] as const) {
		const stream = await openStream(server.url + path, { headers: { "last-event-id": "" } });
		sse.send("all", "end");
		await stream.until(() => stream.text.includes("data: end"));
		expect(datas(stream)).toEqual(expected);
		stream.abort();
	}
});

describe("positionEvent", () => {
	it("sends a new client its position before anything else, and a reconnecting one after its replay", async () => {
		const { sse, open } = await startService({ history: true, positionEvent: "position" });
		const { stream } = await open();
		await stream.until(() => stream.events.length === 1);
		const [position] = stream.events;
		expect(position).toMatchObject({ event: "position", data: "{}" });
		stream.abort();
		sse.send("all", "missed");
		sse.send({ client: "other" }, "for another client");
		const { stream: back } = await open({}, position?.id);
		await back.until(() => back.events.length === 2);
		expect(back.events).toMatchObject([{ data: "missed" }, { event: "position" }]);
		back.abort();
		const { stream: again } = await open({}, back.events[1]?.id);
		sse.send("all", "end");
		await again.until(() => again.text.includes("data: end"));
		expect(datas(again)).toEqual(["end"]);
	});

	it("comes after the newest state of its groups", async () => {
		const { sse, open } = await startService({
			history: { groups: { prices: { latest: true } } },
			positionEvent: "position",
		});
		sse.send({ group: "prices" }, "1", { key: "A" });
		const { stream } = await open({ groups: ["prices"] });
		await stream.until(() => stream.text.includes("event: position"));
		expect(datas(stream)).toEqual(["1", "{}"]);
	});

	it("lets `eventsource`, which stores an id only with an event, resume before its first other event", async () => {
		const sse = createSSEService({ history: true, positionEvent: "position", retryMs: 1 });
		const server = await startServer((req, res) => void sse.connect({ req, res, clientId: "ada" }));
		const source = new EventSource(server.url);
		const received: string[] = [];
		source.onmessage = ({ data }) => received.push(String(data));
		await new Promise<void>((resolve) => source.addEventListener("position", () => resolve()));
		sse.disconnect("all");
		sse.send("all", "missed");
		await eventually(() => received.includes("missed"), "what was missed");
		source.close();
		await sse.close();
	});

	it("needs the option history", () => {
		expect(() => createSSEService({ positionEvent: "position" })).toThrow(
			expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
		);
	});
});

describe("since", () => {
	it('"start" gives a new client everything kept for it, and one with an id only what it missed', async () => {
		const { sse, open } = await startService({ history: { maxEvents: 3 } });
		const { id } = await sse.publish("all", "1");
		for (const data of ["2", "3", "4"]) sse.send("all", data);
		sse.send({ group: "others" }, "for others");
		const { stream, connection } = await open({ since: "start" });
		expect(connection.resumed).toBe(true);
		sse.send("all", "end");
		await stream.until(() => stream.text.includes("data: end"));
		expect(datas(stream)).toEqual(["3", "4", "end"]);
		stream.abort();
		const { stream: back } = await open({ since: "start" }, id);
		await back.until(() => back.events.length === 1);
		expect(datas(back)).toEqual(['{"reason":"expired"}']);
		back.abort();
		const { stream: third } = await open({ since: "start" }, stream.events[1]?.id);
		await third.until(() => third.text.includes("data: end"));
		expect(datas(third)).toEqual(["end"]);
	});

	// What was lost behind the first page gave a gap in place of all that was kept behind it.
	it.each(["in memory", "shared"])(
		'"start" gives everything kept, however much is no longer kept in between, of a log %s',
		async (kind) => {
			const eventLog =
				kind === "shared" ? createEngineEventLog(new MemoryEngine().driver()) : undefined;
			const { sse, open } = await startService({
				eventLog,
				history: { groups: { room: { maxEvents: 1 } } },
			});
			const news = Array.from({ length: 300 }, (_, at) => `news ${at}`);
			for (const data of news) await sse.publish({ group: "news" }, data);
			for (const data of ["lost", "kept"]) await sse.publish({ group: "room" }, data);
			const { stream, connection } = await open({ groups: ["news", "room"], since: "start" });
			await sse.publish("all", "end");
			await stream.until(() => stream.text.includes("data: end"));
			expect(datas(stream)).toEqual([...news, "kept", "end"]);
			expect(connection.resumed).toBe(true);
		},
	);

	// A larger one was lost after those that were still kept then. It does not stand for them when they are lost, too.
	it.each([0, 2_200_000])(
		'"start" gives a gap if something is lost that was still kept when the client came, before an event of %i bytes',
		async (size) => {
			const maxBytes = 2 ** 21;
			const { sse, open } = await startService({
				history: { maxBytes },
				maxBufferedBytes: maxBytes * 4,
			});
			const texts = Array.from({ length: 1_000 }, (_, at) => `${at} ${"x".repeat(1_000)}`);
			for (const data of texts) sse.send("all", data);
			sse.send("all", "x".repeat(size));
			const { stream } = await open({ since: "start" });
			await stream.until(() => stream.events.length > 0);
			// Pushes out half of them.
			for (let at = 0; at < 1_500; at++) sse.send("all", "x".repeat(1_000));
			sse.send("all", "end");
			await stream.until(() => stream.text.includes("data: end"));
			const given = datas(stream);
			const gap = given.indexOf('{"reason":"expired"}');
			expect(gap).toBeGreaterThan(0);
			expect(given.slice(0, gap)).toEqual(texts.slice(0, gap));
		},
	);

	// A flush of many is cut into slices, so a replay may begin some turns after its client has come.
	it.each(["an id", '"start"'])(
		"%s gives what is kept when its replay begins, however late that is, and only an id gives a gap for the rest",
		async (from) => {
			const isOfId = from === "an id";
			const { sse, server } = await startService(
				{
					history: { maxEvents: 3, groups: { large: { maxEvents: 1 } } },
					maxBufferedBytes: 2 ** 20,
				},
				(path) => {
					if (path === "large") return { groups: ["large"] };
					// This takes all the time of the first slice. What is kept is replaced before the next one.
					sse.send({ group: "large" }, "x".repeat(2 ** 17));
					setImmediate(() => {
						for (const data of ["4", "5", "6"]) sse.send("all", data);
					});
					return isOfId ? {} : { since: "start" };
				},
			);
			const large = await openStream(`${server.url}/large`);
			const { id } = await sse.publish("all", "1");
			for (const data of ["2", "3"]) sse.send("all", data);
			await large.until(() => large.text.includes("data: 3"));
			let passedMs = 0;
			const clock = vi.spyOn(performance, "now").mockImplementation(() => (passedMs += 1_000));
			const headers = { "last-event-id": isOfId ? id : "" };
			const stream = await openStream(server.url, { headers });
			clock.mockRestore();
			sse.send("all", "end");
			await stream.until(() => stream.text.includes("data: end"));
			const gap = isOfId ? ['{"reason":"expired"}'] : [];
			expect(datas(stream)).toEqual([...gap, "4", "5", "6", "end"]);
		},
	);

	// Topics that others emptied raised what counts as lost of a client that was never sent anything.
	it('"start" gives no gap because others were sent much in the meantime', async () => {
		const { sse, open } = await startService({
			history: { maxEvents: 1, groups: { room: { maxEvents: 1_000 } } },
			maxBufferedBytes: 2 ** 24,
		});
		const texts = Array.from({ length: 1_000 }, (_, at) => `${at} ${"x".repeat(1_000)}`);
		for (const data of texts) sse.send({ group: "room" }, data);
		const { stream } = await open({ clientId: "ada", groups: ["room"], since: "start" });
		await stream.until(() => stream.events.length > 0);
		for (let at = 0; at < 11_000; at++) sse.send({ client: `${at}` }, "for others");
		sse.send("all", "end");
		await stream.until(() => stream.text.includes("data: end"));
		expect(datas(stream)).toEqual([...texts, "end"]);
	});

	// The second page came from the engine, and what followed it again from what the process keeps, much later.
	it.each(["all", "little"])(
		'"start" of a shared log gives what this process keeps from before it started, and of what came then, while the engine keeps %s',
		async (kept) => {
			const engine = new MemoryEngine();
			const history = { maxEvents: 100, groups: { prices: { latest: true, maxEvents: 300 } } };
			const first = await startService({
				history,
				eventLog: createEngineEventLog(engine.driver()),
			});
			const prices = Array.from({ length: 300 }, (_, at) => `price ${at}`);
			for (const data of prices) await first.sse.publish({ group: "prices" }, data, { key: data });
			const news = Array.from({ length: 2_000 }, (_, at) => `news ${at}`);
			await Promise.all(news.map((data) => first.sse.publish("all", data)));
			if (kept === "little") engine.trim(2_000);
			const { sse, open } = await startService({
				history,
				eventLog: createEngineEventLog(engine.driver()),
			});
			await sse.publish("all", "last");
			const { stream } = await open({ groups: ["prices"], since: "start" });
			await sse.publish("all", "end");
			await stream.until(() => stream.text.includes("data: end"));
			expect(datas(stream)).toEqual([...prices, ...news.slice(-99), "last", "end"]);
		},
	);

	it('"start" of a shared log is what this process has of it', async () => {
		const engine = new MemoryEngine();
		const eventLog = createEngineEventLog(engine.driver());
		const { sse, open } = await startService({ eventLog });
		for (const data of ["1", "2"]) await sse.publish("all", data);
		const { stream } = await open({ since: "start" });
		await sse.publish("all", "end");
		await stream.until(() => stream.text.includes("data: end"));
		expect(datas(stream)).toEqual(["1", "2", "end"]);
	});

	it("an id gives what came after it, and an unknown id a gap", async () => {
		const { sse, open } = await startService({ history: true });
		const { id } = await sse.publish("all", "1");
		sse.send("all", "2");
		const { stream } = await open({ since: id });
		await stream.until(() => stream.events.length === 1);
		expect(datas(stream)).toEqual(["2"]);
		const { stream: other } = await open({ since: "v1.other.1.abc" });
		await other.until(() => other.events.length === 1);
		expect(datas(other)).toEqual(['{"reason":"epoch"}']);
	});

	it('"now" is the default, and a client cannot choose "start"', async () => {
		const { sse, open } = await startService({ history: true });
		sse.send("all", "1");
		const { stream } = await open({ since: "now" });
		const { stream: claiming } = await open({}, "start");
		sse.send("all", "end");
		for (const each of [stream, claiming]) await each.until(() => each.text.includes("data: end"));
		expect(datas(stream)).toEqual(["end"]);
		expect(datas(claiming)).toEqual([INVALID, "end"]);
	});

	it("is refused if it is not a string, or without history", async () => {
		const { open } = await startService({ history: true });
		await expect(open({ since: 7 as unknown as string })).rejects.toThrow();
		const { open: openPlain } = await startService();
		await expect(openPlain({ since: "start" })).rejects.toThrow();
	});
});

describe.skipIf(executablePath === undefined)("the page of the docs, in Chromium", () => {
	let browser: TestBrowser;
	beforeAll(async () => {
		browser = await launchBrowser();
	});
	afterAll(() => browser.close());

	it.each([
		{ positionEvent: undefined, expected: ["gap", 2] },
		{ positionEvent: "position", expected: [1, 2] },
	])(
		"misses nothing silently that is sent while it is refused, before its first event (positionEvent: $positionEvent)",
		async ({ positionEvent, expected }) => {
			const docs = readFileSync(join(import.meta.dirname, "../docs/troubleshooting.md"), "utf8");
			const [, code = ""] = /<!-- browser: refused once -->\n```js\n([\s\S]+?)```/.exec(docs) ?? [];
			const subscribe = code.slice(0, code.indexOf("\nconst end ="));
			expect(subscribe).toContain("function subscribe(");
			const [, listen = ""] = /`(events\.addEventListener\("position".*?)`/.exec(docs) ?? [];
			expect(listen).toContain("lastEventId = ");
			const sse = createSSEService({ history: true, retryMs: 1, positionEvent });
			const requests: string[] = [];
			const server = await startServer((req, res) => {
				if (!req.url?.startsWith("/events")) {
					res
						.setHeader("content-type", "text/html")
						.end("<!doctype html><link rel=icon href=data:,>");
					return;
				}
				requests.push(req.url);
				if (requests.length === 2) res.writeHead(503).end();
				else sse.connect({ req, res, clientId: "ada" });
			});
			const page = await browser.openWindow(server.url);
			await page.evaluate(`
				globalThis.seen = [];
				const wait = globalThis.setTimeout;
				globalThis.setTimeout = (run) => wait(run, 1);
				const Own = globalThis.EventSource;
				globalThis.EventSource = class extends Own {
					constructor(url) {
						super(url);
						this.addEventListener("open", () => (globalThis.isOpen = true));
					}
				};
				EventSource.CLOSED = Own.CLOSED;
				${positionEvent === undefined ? subscribe : subscribe.replace("events.onopen", () => `${listen}\nevents.onopen`)}
				subscribe("/events", "count", (count) => seen.push(count), () => seen.push("gap"));
			`);
			await eventually(() => sse.stats().connections === 1, "the first stream");
			await eventually(() => page.evaluate("globalThis.isOpen === true"), "the page to know");
			sse.disconnect("all");
			sse.send("all", 1, { event: "count" });
			await eventually(() => requests.length === 3 && sse.stats().connections === 1, "the third");
			sse.send("all", 2, { event: "count" });
			const seen = (): Promise<unknown> => page.evaluate("seen");
			let last: unknown;
			await eventually(async () => {
				last = await seen();
				return JSON.stringify(last).includes("2");
			}, "the page to see what is sent now");
			expect(last).toEqual(expected);
			await browser.closeWindows();
			await sse.close();
		},
	);
});
