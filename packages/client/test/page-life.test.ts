/**
 * The life of a page in Chromium: reloads, hidden, kept in the back/forward cache, offline, and of another origin than its stream.
 */
import { eventually, startServer } from "@sse-service/testing";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { servePage } from "./page.js";
import { atEnd, type Serving, serve } from "./serving.js";

type Page = Awaited<ReturnType<TestBrowser["openWindow"]>>;

/** The page's program. What it has seen is in `window.seen`. */
function program(url: string, options: string): string {
	return `
		import { openStream } from "/dist/index.js";
		window.seen = { received: [], states: [], errors: [] };
		window.start = () => {
			const stream = openStream(${JSON.stringify(url)}, {
				onError: ({ code }) => window.seen.errors.push(code),
				${options}
			});
			stream.on("message", ({ data }) => window.seen.received.push(data));
			stream.onState((state) => window.seen.states.push(state));
			window.stream = stream;
		};
		window.start();
	`;
}

// Without what wakes it, a stream with this option would not come back within the test.
const PATIENT = "retry: { baseMs: 2_000_000_000, maxMs: 2_000_000_000 },";

describe.skipIf(executablePath === undefined)("a stream of a page", () => {
	let browser: TestBrowser;
	let page: Page;
	beforeAll(async () => {
		browser = await launchBrowser();
	});
	afterAll(() => browser.close());
	beforeEach(async () => {
		page = await browser.openWindow("about:blank");
	});
	afterEach(() => page.close());

	const state = (): Promise<string> => page.evaluate("window.stream?.state");
	const untilState = (wanted: string): Promise<void> =>
		eventually(async () => (await state()) === wanted, `the state ${wanted}`);
	const untilReceived = (count: number): Promise<void> =>
		eventually(async () => (await page.evaluate<number>("window.seen.received.length")) >= count);

	async function servePrograms(options: string): Promise<Serving> {
		const own = servePage(program("/events", options));
		const serving = await serve({ history: true }, own);
		await page.goto(serving.server.url);
		await untilState("open");
		return serving;
	}

	async function setHidden(isHidden: boolean): Promise<void> {
		await page.evaluate(`
			Object.defineProperty(document, "visibilityState", {
				value: "${isHidden ? "hidden" : "visible"}",
				configurable: true,
			});
			document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
		`);
	}

	it("continues after a reload, and in the next stream of this name, but not in one without", async () => {
		const { sse } = await servePrograms("name: location.hash || undefined,");
		const url = page.url();
		await page.goto(`${url}#kept`);
		await page.reload();
		await untilState("open");
		sse.send("all", 1);
		await untilReceived(1);
		await page.goto("about:blank");
		await eventually(() => sse.stats().connections === 0);
		sse.send("all", 2);
		await page.goto(`${url}#kept`);
		await untilReceived(1);
		expect(await page.evaluate("window.seen.received")).toEqual([2]);
		await page.evaluate("window.stream.close()");
		await eventually(() => sse.stats().connections === 0);
		sse.send("all", 3);
		await page.evaluate("window.start()");
		await untilReceived(2);
		expect(await page.evaluate("window.seen.received")).toEqual([2, 3]);
		await page.goto("about:blank");
		await page.goto(`${url}#`);
		await untilState("open");
		expect(await page.evaluate("window.seen.received")).toEqual([]);
	});

	it("with pauseWhenHidden has no connection while the page is hidden, and misses nothing", async () => {
		const { sse } = await servePrograms(`pauseWhenHidden: true, ${PATIENT}`);
		sse.send("all", 1);
		await untilReceived(1);
		await setHidden(true);
		await eventually(() => sse.stats().connections === 0);
		await untilState("waiting");
		sse.send("all", 2);
		await setHidden(false);
		await untilReceived(2);
		expect(await page.evaluate("window.seen.received")).toEqual([1, 2]);
		// A pause is no failure.
		expect(await page.evaluate("window.seen.errors")).toEqual([]);
	});

	it("without it stays open while the page is hidden", async () => {
		const { sse } = await servePrograms(PATIENT);
		await setHidden(true);
		sse.send("all", 1);
		await untilReceived(1);
		expect(sse.stats().connectionsOpened).toBe(1);
	});

	it("lets its connection go when the page goes to the back/forward cache, and misses nothing", async () => {
		const { sse } = await servePrograms(PATIENT);
		sse.send("all", 1);
		await untilReceived(1);
		await page.evaluate(`dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))`);
		await eventually(() => sse.stats().connections === 0);
		await untilState("waiting");
		sse.send("all", 2);
		await page.evaluate(`dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`);
		await untilReceived(2);
		expect(await page.evaluate("window.seen.received")).toEqual([1, 2]);
		expect(await page.evaluate("window.seen.errors")).toEqual([]);
	});

	it("comes back at once when the network does", async () => {
		const { sse, server } = await servePrograms(PATIENT);
		sse.send("all", 1);
		await untilReceived(1);
		await page.context().setOffline(true);
		for (const socket of server.sockets) socket.destroy();
		await untilState("waiting");
		sse.send("all", 2);
		await page.context().setOffline(false);
		// The browser may say so before it is.
		await eventually(async () => {
			await page.evaluate(`dispatchEvent(new Event("online"))`);
			return (await page.evaluate<number>("window.seen.received.length")) >= 2;
		});
		expect(await page.evaluate("window.seen.received")).toEqual([1, 2]);
	});

	// A switch between tabs had the server asked again, whatever it had said.
	it("waits as long as Retry-After says, though the network or the user comes back", async () => {
		let refuses = false;
		const own = servePage(program("/events", PATIENT));
		const { sse, server, requests } = await serve({ history: true }, (req, res) => {
			if (own(req, res)) return true;
			if (refuses) res.writeHead(503, { "retry-after": "1000" }).end();
			return refuses;
		});
		await page.goto(server.url);
		await untilState("open");
		refuses = true;
		sse.disconnect("all");
		await untilState("waiting");
		await page.evaluate(`dispatchEvent(new Event("online"))`);
		await eventually(async () =>
			(await page.evaluate<string[]>("window.seen.errors")).includes("ERR_SSE_STATUS"),
		);
		await untilState("waiting");
		const { length } = requests;
		await page.evaluate(`dispatchEvent(new Event("online"))`);
		await setHidden(true);
		await setHidden(false);
		// A request of before this one would have come first.
		await page.evaluate(`fetch("/favicon.ico")`);
		expect(requests.slice(length).map(({ url }) => url)).toEqual(["/favicon.ico"]);
	});

	it.each([
		["exposes both: waits, and notices a mute connection", "SSE-Heartbeat, Retry-After", true],
		["exposes nothing: knows neither heartbeats nor Retry-After", undefined, false],
	])("of another origin, which %s", async (_, exposed, notices) => {
		let count = 0;
		const other = await startServer((_req, res) => {
			res.setHeader("access-control-allow-origin", "*");
			res.setHeader("access-control-allow-headers", "last-event-id");
			if (exposed !== undefined) res.setHeader("access-control-expose-headers", exposed);
			if (count++ === 0) {
				res.writeHead(503, { "retry-after": "1000" }).end();
				return;
			}
			res.writeHead(200, { "content-type": "text/event-stream", "sse-heartbeat": "100" });
			res.write(": open\n\n");
		});
		atEnd(() => other.destroy());
		const { server } = await serve(
			{},
			servePage(program(other.url, "retry: { baseMs: 1, maxMs: 1 },")),
		);
		await page.goto(server.url);
		if (notices) {
			await untilState("waiting");
			// As the application would after its own time.
			await page.evaluate("window.stream.close(); window.start()");
			await eventually(async () =>
				(await page.evaluate<string[]>("window.seen.errors")).includes("ERR_SSE_STALLED"),
			);
			await eventually(() => count > 2);
		} else {
			// Nor of Retry-After, which would have it wait.
			await untilState("open");
			expect(count).toBe(2);
		}
	});
});
