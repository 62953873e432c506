/**
 * One stream for all tabs of a browser, whose leaders are closed and crash while events are sent and connections are
 * cut.
 */
import { createRandom, eventually } from "@sse-service/testing";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { servePage } from "./page.js";
import { type Serving, serve } from "./serving.js";

type Page = Awaited<ReturnType<TestBrowser["openWindow"]>>;

const SCRIPT = `
	import { openStream } from "/dist/index.js";
	const received = [];
	const gaps = [];
	window.seen = { received, gaps, state: "" };
	window.stream = openStream("/events", {
		shared: { silenceMs: 500 },
		name: "all",
		// Only the leader makes requests.
		fetch: (...request) => { window.seen.leads = true; return fetch(...request); },
		retry: { baseMs: 5, maxMs: 50 },
		onGap: ({ reason }) => { gaps.push(reason); received.push("gap"); },
	});
	window.stream.on("message", ({ data }) => received.push(data));
	window.stream.onState((state) => { window.seen.state = state; });
`;

interface Seen {
	readonly received: (number | "gap")[];
	readonly gaps: string[];
	readonly state: string;
	readonly leads?: boolean;
}

const seenBy = (page: Page): Promise<Seen> => page.evaluate("window.seen");

async function isAt(page: Page, last: number): Promise<boolean> {
	const { received } = await seenBy(page);
	return received.at(-1) === last;
}

/** As `eventually`, for what has to be asked for. */
async function until(test: () => Promise<boolean>, what: string): Promise<void> {
	let holds = false;
	let asking = false;
	await eventually(() => {
		if (!asking) {
			asking = true;
			void test()
				.then((answer) => {
					holds = answer;
				})
				// A page that has gone by the end of the wait.
				.catch(() => {})
				.finally(() => {
					asking = false;
				});
		}
		return holds;
	}, what);
}

describe.skipIf(executablePath === undefined)("a stream that tabs share", () => {
	let browser: TestBrowser;
	beforeAll(async () => {
		browser = await launchBrowser();
	});
	afterAll(() => browser.close());

	async function serveTabs(): Promise<Serving & { readonly most: () => number }> {
		let most = 0;
		const serving = await serve(
			{
				history: { maxEvents: 100_000 },
				heartbeatIntervalMs: 100,
				onConnect: () => {
					most = Math.max(most, serving.sse.stats().connections);
				},
			},
			servePage(SCRIPT),
		);
		return { ...serving, most: () => most };
	}

	it("is one connection, and gives every tab each event once and in order, though leaders are closed, crash and are cut", async () => {
		const random = createRandom(11);
		const { sse, server, most } = await serveTabs();
		const first = await browser.openWindow(server.url);
		const pages = [first];
		const openTab = async (): Promise<void> => {
			pages.push(await browser.openTab(pages[0] as Page, server.url));
		};
		while (pages.length < 5) await openTab();
		for (const page of pages) {
			await until(async () => (await seenBy(page)).state === "open", "every tab to be open");
		}
		expect(sse.stats().connections).toBe(1);

		let sent = 0;
		const send = (count: number): void => {
			for (let i = 0; i < count; i++) sse.send("all", ++sent);
		};
		const gone: Page[] = [];
		for (let round = 0; round < 12; round++) {
			send(40);
			const leads = await Promise.all(
				pages.map(async (page) => (await seenBy(page)).leads === true),
			);
			// Every third round a follower.
			const choice =
				round % 3 === 2 ? random.between(0, pages.length - 1) : leads.lastIndexOf(true);
			const victim = pages[choice] as Page;
			if (round % 4 === 0) {
				// The browser ends its process: no event of the page's own says so.
				const session = await victim.context().newCDPSession(victim);
				session.send("Page.crash").catch(() => {});
				await new Promise((resolve) => {
					victim.once("crash", resolve);
				});
				await victim.close();
			} else if (round % 4 === 2) {
				for (const socket of server.sockets) socket.destroy();
				send(20);
				continue;
			} else await victim.close();
			gone.push(...pages.splice(pages.indexOf(victim), 1));
			send(20);
			await openTab();
		}
		// A tab begins where it joins: the last must have joined before the last event.
		for (const page of pages) {
			await until(async () => (await seenBy(page)).state === "open", "every tab to be open again");
		}
		send(1);
		for (const page of pages) {
			await until(() => isAt(page, sent), `every tab to have event ${sent}`);
		}
		expect(gone.length).toBe(9);
		for (const page of pages) {
			const { received, gaps } = await seenBy(page);
			expect(gaps).toEqual([]);
			const from = received[0] as number;
			expect(received).toEqual(Array.from({ length: sent - from + 1 }, (_, i) => from + i));
		}
		expect(sse.stats().connections).toBe(1);
		// That of a leader which is gone may be seen to end only after its successor has come.
		expect(most()).toBeLessThanOrEqual(2);
	});

	it("goes on in another tab when the leader closes its stream, and ends the connection with the last", async () => {
		const { sse, server } = await serveTabs();
		const leader = await browser.openWindow(server.url);
		await until(async () => (await seenBy(leader)).state === "open", "the leader to be open");
		const follower = await browser.openTab(leader, server.url);
		await until(async () => (await seenBy(follower)).state === "open", "the follower to be open");
		sse.send("all", 1);
		await until(() => isAt(follower, 1), "the follower to have 1");
		await leader.evaluate("window.stream.close()");
		sse.send("all", 2);
		await until(() => isAt(follower, 2), "the follower to have 2");
		expect((await seenBy(leader)).received).toEqual([1]);
		await follower.evaluate("window.stream.close()");
		await eventually(() => sse.stats().connections === 0);
	});

	it("ends for all tabs when the server says that it is over", async () => {
		let over = false;
		const page = servePage(SCRIPT);
		const { sse, server } = await serve({ history: true }, (req, res) => {
			if (page(req, res)) return true;
			if (over) res.writeHead(204).end();
			return over;
		});
		const leader = await browser.openWindow(server.url);
		await until(async () => (await seenBy(leader)).state === "open", "the leader to be open");
		const follower = await browser.openTab(leader, server.url);
		await until(async () => (await seenBy(follower)).state === "open", "the follower to be open");
		over = true;
		sse.disconnect("all");
		for (const tab of [leader, follower]) {
			await until(async () => (await seenBy(tab)).state === "closed", "both to be closed");
		}
	});
});
