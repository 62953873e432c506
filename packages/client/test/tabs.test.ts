/**
 * One stream for all tabs of a browser, whose leaders are closed and crash while events are sent and connections are
 * cut. A long run does so at full size, and in browsers of other makes.
 */
import { createRandom, eventually, isLongRun, settled, sizeOf } from "@sse-service/testing";
import { executablePath } from "@sse-service/testing/browser";
import {
	type BrowserTab,
	firefoxPath,
	hasWebKit,
	launchChromium,
	launchFirefox,
	launchWebKit,
	type TabBrowser,
} from "@sse-service/testing/tab-browsers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { servePage } from "./page.js";
import { type Serving, serve } from "./serving.js";

const SCRIPT = `
	import { openStream } from "/dist/index.js";
	const received = [];
	const gaps = [];
	const uncaught = [];
	const errors = [];
	window.seen = { received, gaps, uncaught, errors, second: [], state: "", leads: false };
	window.addEventListener("error", ({ message }) => uncaught.push(message));
	window.addEventListener("unhandledrejection", ({ reason }) => uncaught.push(String(reason)));
	window.another = () => {
		window.second = openStream("/events", { shared: true, name: "all" });
		window.second.on("message", ({ data }) => window.seen.second.push(data));
	};
	window.closeAtFirst = (lastEventId) => new Promise((resolve) => {
		// Not from where the first stream is.
		sessionStorage.clear();
		const late = [];
		const onGap = ({ reason }) => late.push(reason);
		const stream = openStream("/events", { shared: true, name: "all", lastEventId, onGap });
		stream.on("message", () => {
			stream.close();
			setTimeout(() => resolve(late));
		});
	});
	window.askAsFollowerOf = (term) => new Promise((resolve) => {
		const channel = new BroadcastChannel("sse-service:1:all");
		const answered = [];
		channel.onmessage = ({ data: { kind, question } }) => {
			if (kind !== "answer") return;
			answered.push(question);
			if (question !== "of a new tab") return;
			channel.close();
			resolve(answered);
		};
		channel.postMessage({ kind: "lead", term });
		channel.postMessage({ kind: "ask", question: "of its follower", place: { term, sequence: 7 } });
		channel.postMessage({ kind: "ping" });
		channel.postMessage({ kind: "ask", question: "after a ping", place: { term, sequence: 7 } });
		channel.postMessage({ kind: "ask", question: "of a new tab" });
	});
	window.sayNonsense = () => {
		const channel = new BroadcastChannel("sse-service:1:all");
		// The term of the leader, whom it asks.
		channel.onmessage = ({ data: { kind, term } }) => {
			if (kind !== "answer") return;
			for (const message of [
				null,
				7,
				"ping",
				[],
				{ kind: "toString" },
				{ kind: "of a later version", term },
				{ kind: "end", term, error: "gone" },
				{ kind: "state", term, state: "tired" },
				{ kind: "relay", term, sequence: 1, text: 7 },
				{ kind: "relay", term, sequence: "1", text: "7" },
				{ kind: "lead", term: 7 },
				{ kind: "ask", question: "q", place: 7 },
				{ kind: "answer", question: "q", term, sequence: 1, state: "open", missed: [null] },
			]) channel.postMessage(message);
			channel.close();
		};
		channel.postMessage({ kind: "ask", question: "nonsense" });
	};
	window.askAlways = () => {
		const ask = () => window.dispatchEvent(new Event("online"));
		window.stream.on("message", () => { ask(); ask(); });
		ask();
		ask();
	};
	window.setHidden = (isHidden) => {
		const value = isHidden ? "hidden" : "visible";
		Object.defineProperty(document, "visibilityState", { value, configurable: true });
		document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
	};
	// From the start: browsers differ in which of a test's tabs they take to be visible.
	window.setHidden(location.hash === "#hidden");
	window.stream = openStream("/events", {
		// A leader that is starved of the processor is silent, too: another tab would connect beside it.
		shared: { silenceMs: location.search === "?patient" ? 600_000 : 500 },
		name: "all",
		pauseWhenHidden: location.search === "?pauses",
		// Only the leader makes requests.
		fetch: (...request) => { window.seen.leads = true; return fetch(...request); },
		retry: { baseMs: 5, maxMs: 50 },
		onError: ({ code, message, final }) => errors.push({ code, message, final }),
		onGap: ({ reason }) => { gaps.push(reason); received.push("gap"); },
	});
	window.stream.on("message", ({ data }) => received.push(data));
	window.stream.onState((state) => { window.seen.state = state; });
`;

/** A page that begins with `#slow` has an iterator, which reads when the test says so. */
const READING = `
	import { openStream } from "/dist/index.js";
	window.seen = { received: [], parsed: 0, states: [], state: "" };
	window.stream = openStream("/events", {
		shared: { maxEvents: MAX_EVENTS },
		name: "slow",
		maxWaiting: 10,
		retry: { baseMs: 5 },
		parse: (text) => { window.seen.parsed++; return Number(text); },
		onGap: () => { if (location.search === "?closes-at-gap") window.stream.close(); },
	});
	window.closeAt = (last) => window.stream.on("message", ({ data }) => {
		if (data === last) window.stream.close();
	});
	const lock = "sse-service:1:slow";
	window.stealLock = () => void navigator.locks.request(lock, { steal: true }, () => new Promise(() => {}));
	window.countWaiting = async () => {
		const { pending } = await navigator.locks.query();
		return pending.filter(({ name }) => name === lock).length;
	};
	if (location.hash === "#slow") {
		const iterator = window.stream[Symbol.asyncIterator]();
		window.readUntil = async (last) => {
			const { received } = window.seen;
			while (received.at(-1) !== last) {
				const { value: { type, data } } = await iterator.next();
				received.push(type === "gap" ? data.reason : data);
			}
			return received;
		};
	} else window.stream.on("message", ({ data }) => window.seen.received.push(data));
	window.stream.onState((state) => { window.seen.state = state; window.seen.states.push(state); });
`;

const SANDBOX = "sandbox allow-scripts";

const TABS = sizeOf({ usual: 5, long: 10 });
const ROUNDS = sizeOf({ usual: 12, long: 40 });
const EVENTS_A_ROUND = sizeOf({ usual: 60, long: 250 });

type Make = readonly [name: string, launch: () => Promise<TabBrowser>, isHere: boolean];

const BROWSERS: readonly Make[] = [
	["Chromium", launchChromium, executablePath !== undefined],
	...(isLongRun
		? ([
				["Firefox", launchFirefox, firefoxPath !== undefined],
				["WebKit", launchWebKit, hasWebKit],
			] as const)
		: []),
];

function untilState(tab: BrowserTab, state: string, what: string): Promise<void> {
	return eventually(async () => (await tab.evaluate("window.seen.state")) === state, what);
}

function untilReceived(tab: BrowserTab, last: number): Promise<void> {
	const expression = "window.seen.received.at(-1)";
	return eventually(async () => (await tab.evaluate(expression)) === last, `event ${last}`);
}

for (const [name, launch, isHere] of BROWSERS) {
	describe.skipIf(!isHere)(`a stream that tabs of ${name} share`, () => {
		let browser: TabBrowser;
		beforeAll(async () => {
			browser = await launch();
		});
		afterAll(() => browser.close());

		/** Opens a tab that leads, and then one that follows it. */
		async function openPair(
			leaderUrl: string,
			followerUrl: string,
		): Promise<[leader: BrowserTab, follower: BrowserTab]> {
			const leader = await browser.openTab(leaderUrl);
			await untilState(leader, "open", "the leader to be open");
			const follower = await browser.openTab(followerUrl);
			await untilState(follower, "open", "the follower to be open");
			return [leader, follower];
		}

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
			const open = (): Promise<BrowserTab> => browser.openTab(`${server.url}/?patient`);
			const tabs: BrowserTab[] = [];
			while (tabs.length < TABS) tabs.push(await open());
			for (const tab of tabs) await untilState(tab, "open", "every tab to be open");
			expect(sse.stats().connections).toBe(1);

			let sent = 0;
			const send = (count: number): void => {
				for (let i = 0; i < count; i++) sse.send("all", ++sent);
			};
			for (let round = 0; round < ROUNDS; round++) {
				send((EVENTS_A_ROUND * 2) / 3);
				if (round % 4 === 2) {
					for (const socket of server.sockets) socket.destroy();
					send(EVENTS_A_ROUND / 3);
					continue;
				}
				// A browser that is slow to end the connections of earlier leaders would add them up.
				await eventually(() => sse.stats().connections === 1, "one connection");
				const leads: boolean[] = [];
				for (const tab of tabs) leads.push(await tab.evaluate("window.seen.leads"));
				// Every third round a follower.
				const choice =
					round % 3 === 2 ? random.between(0, tabs.length - 1) : leads.lastIndexOf(true);
				const [victim] = tabs.splice(choice, 1);
				// No event of the page's own says that its process has ended.
				if (round % 4 === 0 && victim?.crash !== undefined) await victim.crash();
				else await victim?.close();
				send(EVENTS_A_ROUND / 3);
				tabs.push(await open());
			}
			// A tab begins where it joins: the last must have joined before the last event.
			for (const tab of tabs) await untilState(tab, "open", "every tab to be open again");
			send(1);
			for (const tab of tabs) await untilReceived(tab, sent);
			for (const tab of tabs) {
				expect(await tab.evaluate("window.seen.gaps")).toEqual([]);
				const received = await tab.evaluate<number[]>("window.seen.received");
				const from = received[0] ?? 0;
				expect(received).toEqual(Array.from({ length: sent - from + 1 }, (_, i) => from + i));
				await tab.close();
			}
			// The connection of a leader that has closed may end only after its successor has connected.
			expect(most()).toBeLessThanOrEqual(2);
		});

		it("reports nothing to a tab that closes its stream at an event that another tab has kept for it", async () => {
			const { sse, server } = await serveTabs();
			const tab = await browser.openTab(server.url);
			await untilState(tab, "open", "the tab to be open");
			sse.send("all", 1);
			await untilReceived(tab, 1);
			const id = await tab.evaluate<string>("window.stream.lastEventId");
			sse.send("all", 2);
			sse.send("all", { reason: "slow" }, { event: "gap" });
			await eventually(() => tab.evaluate<boolean>("window.seen.gaps.length > 0"));
			expect(await tab.evaluate(`window.closeAtFirst(${JSON.stringify(id)})`)).toEqual([]);
			await tab.close();
		});

		it("continues in another tab when the leader closes its stream, and ends the connection with the last", async () => {
			const { sse, server } = await serveTabs();
			const [leader, follower] = await openPair(server.url, server.url);
			sse.send("all", 1);
			await untilReceived(follower, 1);
			await leader.evaluate("window.stream.close()");
			sse.send("all", 2);
			await untilReceived(follower, 2);
			expect(await leader.evaluate("window.seen.received")).toEqual([1]);
			await follower.evaluate("window.stream.close()");
			await eventually(() => sse.stats().connections === 0);
			for (const tab of [leader, follower]) await tab.close();
		});

		// Without ids, what the leader answered was thrown away.
		it.each([
			["", 1_000, "receives all of it when it reads"],
			["", 20, "receives a gap and what comes after it"],
			[" without ids", 1_000, "receives all of it when it reads"],
			[" without ids", 20, "receives a gap and what comes after it"],
		])(
			"takes no more%s than may wait in a tab that does not read; with maxEvents %i that tab %s",
			async (ids, maxEvents) => {
				const page = servePage(READING.replace("MAX_EVENTS", String(maxEvents)));
				const { sse, server } = await serve({ history: ids === "" }, page);
				const [leader, slow] = await openPair(server.url, `${server.url}/#slow`);
				for (let i = 1; i <= 500; i++) sse.send("all", i);
				await untilReceived(leader, 500);
				// The follower hears of this after all relays.
				sse.disconnect("all");
				const states = "window.seen.states.join()";
				await eventually(async () =>
					(await slow.evaluate<string>(states)).includes("open,waiting,connecting,open"),
				);
				expect(await slow.evaluate("window.seen.parsed")).toBe(10);
				const reading = slow.evaluate<unknown[]>("window.readUntil(501)");
				// The leader has answered what the follower missed.
				const count = "window.seen.received.length";
				await eventually(async () => (await slow.evaluate<number>(count)) > 10);
				sse.send("all", 501);
				const received = await settled(reading, "all that the follower missed");
				const all = Array.from({ length: 501 }, (_, i) => i + 1);
				const afterGap = [...all.slice(0, 10), "relay", 501];
				expect(received).toEqual(maxEvents === 1_000 ? all : afterGap);
				for (const tab of [leader, slow]) await tab.close();
			},
		);

		// The leader read nothing more, for any tab, until its own iterator had caught up.
		it.each([
			[1_000, "receives all of it when it reads"],
			[20, "receives a gap and what comes after it"],
		])(
			"goes on for other tabs when the leader does not read; with maxEvents %i it %s",
			async (maxEvents) => {
				const page = servePage(READING.replace("MAX_EVENTS", String(maxEvents)));
				const { sse, server } = await serve({ history: true }, page);
				const [leader, follower] = await openPair(`${server.url}/#slow`, server.url);
				for (let i = 1; i <= 20; i++) sse.send("all", i);
				await untilReceived(follower, 20);
				for (let i = 21; i <= 500; i++) sse.send("all", i);
				await untilReceived(follower, 500);
				// It takes all of the piece in which it runs out of room.
				const taken = await leader.evaluate<number>("window.seen.parsed");
				expect(taken).toBeLessThanOrEqual(20);
				const reading = leader.evaluate<unknown[]>("window.readUntil(501)");
				const count = "window.seen.received.length";
				await eventually(async () => (await leader.evaluate<number>(count)) > taken);
				sse.send("all", 501);
				const received = await settled(reading, "all that the leader passed on");
				const all = Array.from({ length: 501 }, (_, i) => i + 1);
				const afterGap = [...all.slice(0, taken), "relay", 501];
				expect(received).toEqual(maxEvents === 1_000 ? all : afterGap);
				for (const tab of [leader, follower]) await tab.close();
			},
		);

		it("slows the server down while its only tab does not read, until another one opens", async () => {
			const { sse, server } = await serve(
				{ history: true },
				servePage(READING.replace("MAX_EVENTS", "20")),
			);
			const leader = await browser.openTab(`${server.url}/#slow`);
			await untilState(leader, "open", "the leader to be open");
			for (let i = 1; i <= 10; i++) sse.send("all", i);
			await eventually(async () => (await leader.evaluate("window.seen.parsed")) === 10);
			for (let i = 11; i <= 100; i++) sse.send("all", i);
			const reading = leader.evaluate<unknown[]>("window.readUntil(100)");
			const received = await settled(reading, "all events");
			expect(received).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
			for (let i = 101; i <= 110; i++) sse.send("all", i);
			await eventually(async () => (await leader.evaluate("window.seen.parsed")) === 110);
			const follower = await browser.openTab(server.url);
			await untilState(follower, "open", "the follower to be open");
			sse.send("all", 111);
			await untilReceived(follower, 111);
			for (const tab of [leader, follower]) await tab.close();
		});

		it("without ids tells a tab of a gap that begins to lead before it has read what it missed", async () => {
			const { sse, server } = await serve({}, servePage(READING.replace("MAX_EVENTS", "1000")));
			const [leader, slow] = await openPair(server.url, `${server.url}/#slow`);
			for (let i = 1; i <= 20; i++) sse.send("all", i);
			await untilReceived(leader, 20);
			await eventually(async () => (await slow.evaluate("window.seen.parsed")) === 10);
			await leader.close();
			await eventually(() => sse.stats().connectionsOpened === 2, "the slow tab to lead");
			await untilState(slow, "open", "the slow tab to be open");
			sse.send("all", 21);
			const received = await settled(
				slow.evaluate("window.readUntil(21)"),
				"the event after the gap",
			);
			expect(received).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, "relay", 21]);
			await slow.close();
		});

		// It led nevertheless, and its connection came back whenever it was cut.
		it("is not led by a tab that closes it at the gap with which it would begin to lead", async () => {
			const { sse, server } = await serve({}, servePage(READING.replace("MAX_EVENTS", "1000")));
			const [leader, slow] = await openPair(server.url, `${server.url}/?closes-at-gap#slow`);
			for (let i = 1; i <= 20; i++) sse.send("all", i);
			await untilReceived(leader, 20);
			await eventually(async () => (await slow.evaluate("window.seen.parsed")) === 10);
			await leader.close();
			await untilState(slow, "closed", "the slow tab to be closed");
			const next = await browser.openTab(server.url);
			await untilState(next, "open", "the next tab to lead");
			expect(sse.stats().connectionsOpened).toBe(2);
			for (const tab of [slow, next]) await tab.close();
		});

		// The closed stream waited for the lock like an open one, and connected when it got it.
		it("does not wait to lead once it was closed at an event that it had kept until its lock was stolen", async () => {
			const page = servePage(READING.replace("MAX_EVENTS", "1000"));
			const { sse, server } = await serve({ history: true }, page);
			const [leader, follower] = await openPair(`${server.url}/#slow`, server.url);
			for (let i = 1; i <= 500; i++) sse.send("all", i);
			await untilReceived(follower, 500);
			await leader.evaluate("window.closeAt(500)");
			await leader.evaluate("window.stealLock()");
			await untilState(leader, "closed", "the leader to be closed");
			const waiting = (): Promise<number> => follower.evaluate("window.countWaiting()");
			await eventually(async () => (await waiting()) === 1, "only the follower to wait");
			for (const tab of [leader, follower]) await tab.close();
		});

		// What had come before the failure looked like a sign that it was over.
		it("keeps its error while it is down, though a tab reads events that it had kept", async () => {
			const page = servePage(READING.replace("MAX_EVENTS", "1000"));
			let isDown = false;
			const { sse, server } = await serve({ history: true }, (req, res) => {
				if (page(req, res)) return true;
				if (isDown) res.writeHead(503, { "retry-after": "3600" }).end();
				return isDown;
			});
			const [leader, follower] = await openPair(`${server.url}/#slow`, server.url);
			for (let i = 1; i <= 500; i++) sse.send("all", i);
			await untilReceived(follower, 500);
			isDown = true;
			sse.disconnect("all");
			const code = "window.stream.error?.code";
			const failed = async (): Promise<boolean> =>
				(await leader.evaluate(code)) === "ERR_SSE_STATUS";
			await eventually(failed, "the failure");
			await leader.evaluate("window.readUntil(500)");
			expect(await leader.evaluate(code)).toBe("ERR_SSE_STATUS");
			for (const tab of [leader, follower]) await tab.close();
		});

		// The second question had lost the place of the first.
		it("without ids misses nothing, however often a tab asks", async () => {
			const { sse, server } = await serve({}, servePage(SCRIPT));
			const [leader, follower] = await openPair(server.url, server.url);
			await follower.evaluate("window.askAlways()");
			for (let i = 1; i <= 200; i++) {
				sse.send("all", i);
				if (i % 10 === 0) await untilReceived(leader, i);
			}
			await untilReceived(follower, 200);
			expect(await follower.evaluate("window.seen.received")).toEqual(
				Array.from({ length: 200 }, (_, i) => i + 1),
			);
			for (const tab of [leader, follower]) await tab.close();
		});

		it("continues in another tab when the leader freezes, and gives the leader what it missed", async () => {
			const { sse, server } = await serveTabs();
			const leader = await browser.openTab(server.url);
			await untilState(leader, "open", "the leader to be open");
			if (leader.setFrozen === undefined) return leader.close();
			const follower = await browser.openTab(server.url);
			await untilState(follower, "open", "the follower to be open");
			sse.send("all", 1);
			await untilReceived(leader, 1);
			await leader.setFrozen(true);
			for (let i = 2; i <= 100; i++) sse.send("all", i);
			await untilReceived(follower, 100);
			await leader.setFrozen(false);
			sse.send("all", 101);
			for (const tab of [leader, follower]) {
				await untilReceived(tab, 101);
				expect(await tab.evaluate("window.seen.received")).toEqual(
					Array.from({ length: 101 }, (_, i) => i + 1),
				);
			}
			await eventually(() => sse.stats().connections === 1, "the leader to have stepped down");
			for (const tab of [leader, follower]) await tab.close();
		});

		// A hidden leader paused, and answered that it was alive: all visible tabs stood still.
		it("with pauseWhenHidden is led by a visible tab, and pauses when all are hidden", async () => {
			const { sse, server } = await serveTabs();
			const open = (hash = ""): Promise<BrowserTab> =>
				browser.openTab(`${server.url}/?pauses${hash}`);
			const first = await open();
			await untilState(first, "open", "the leader to be open");
			const second = await open();
			await untilState(second, "open", "the follower to be open");
			await first.evaluate("window.setHidden(true)");
			await untilState(second, "open", "the visible tab to lead");
			await eventually(() => second.evaluate<boolean>("window.seen.leads"));
			sse.send("all", 1);
			for (const tab of [first, second]) await untilReceived(tab, 1);
			await second.evaluate("window.setHidden(true)");
			await eventually(() => sse.stats().connections === 0, "no connection");
			const third = await open("#hidden");
			for (const tab of [first, second, third]) {
				await untilState(tab, "waiting", "hidden tabs to wait");
			}
			sse.send("all", 2);
			await first.evaluate("window.setHidden(false)");
			for (const tab of [first, second]) await untilReceived(tab, 2);
			// It had not received anything, and begins here.
			await untilState(third, "open", "the new tab to follow");
			sse.send("all", 3);
			for (const tab of [first, second, third]) await untilReceived(tab, 3);
			for (const tab of [first, second]) {
				expect(await tab.evaluate("window.seen.received")).toEqual([1, 2, 3]);
			}
			expect(await third.evaluate("window.seen.leads")).toBe(false);
			for (const tab of [first, second, third]) await tab.close();
		});

		it("is one connection for two streams of a name in one tab, which the second continues", async () => {
			const { sse, server } = await serveTabs();
			const tab = await browser.openTab(server.url);
			await untilState(tab, "open", "the tab to be open");
			await tab.evaluate("window.another()");
			await eventually(() => tab.evaluate<boolean>("window.second.state === 'open'"));
			sse.send("all", 1);
			await untilReceived(tab, 1);
			// On a busy machine the tab may take the lock from itself, and connect again.
			await eventually(() => sse.stats().connections === 1, "one connection");
			await tab.evaluate("window.stream.close()");
			sse.send("all", 2);
			const seconds = "window.seen.second";
			await eventually(async () => (await tab.evaluate<number[]>(seconds)).includes(2));
			expect(await tab.evaluate(seconds)).toEqual([1, 2]);
			await tab.close();
		});

		it("tells every tab that an attempt has failed", async () => {
			let fails = false;
			const page = servePage(SCRIPT);
			const { sse, server } = await serve({ history: true }, (req, res) => {
				if (page(req, res)) return true;
				const failed = fails;
				if (failed) res.writeHead(503).end();
				fails = false;
				return failed;
			});
			const [leader, follower] = await openPair(server.url, server.url);
			fails = true;
			sse.disconnect("all");
			await eventually(() => follower.evaluate<boolean>("window.seen.errors.length > 0"));
			await eventually(() => sse.stats().connections === 1, "the next connection");
			sse.send("all", 1);
			for (const tab of [leader, follower]) await untilReceived(tab, 1);
			const errors =
				await leader.evaluate<{ code: string; final: boolean }[]>("window.seen.errors");
			expect(errors[0]).toMatchObject({ code: "ERR_SSE_STATUS", final: false });
			expect(await follower.evaluate("window.seen.errors")).toEqual(errors);
			for (const tab of [leader, follower]) await tab.close();
		});

		// A tab that had stolen its lock meanwhile was ahead, and so were those that followed it: they went back.
		it("does not answer the followers of a newer leader before it has heard that its lock is gone", async () => {
			const { server } = await serveTabs();
			const leader = await browser.openTab(server.url);
			await untilState(leader, "open", "the leader to be open");
			// Who follows a newer leader hears from it, and does not ping: what the leader heard of was an earlier one. The tab that
			// pings had waited for an answer without end.
			expect(await leader.evaluate('window.askAsFollowerOf("newer")')).toEqual([
				"after a ping",
				"of a new tab",
			]);
			await leader.close();
		});

		it("ignores what other scripts say on its channel", async () => {
			const { sse, server } = await serveTabs();
			const [leader, follower] = await openPair(server.url, server.url);
			await follower.evaluate("window.sayNonsense()");
			sse.send("all", 1);
			for (const tab of [leader, follower]) await untilReceived(tab, 1);
			for (const tab of [leader, follower]) {
				expect(await tab.evaluate("window.seen.received")).toEqual([1]);
				expect(await tab.evaluate("window.seen.uncaught")).toEqual([]);
				await tab.close();
			}
		});

		it("is a connection of the tab's own where the browser grants no locks, and where the code for sharing is gone", async () => {
			const page = servePage(SCRIPT);
			let isGone = false;
			const { sse, server } = await serve({ history: true }, (req, res) => {
				// A page in a sandbox has no origin.
				res.setHeader("access-control-allow-origin", "*");
				if (req.url === "/sandbox") {
					const content = { "content-type": "text/html", "content-security-policy": SANDBOX };
					res.writeHead(200, content).end(`<script type="module">${SCRIPT}</script>`);
					return true;
				}
				if (isGone && req.url?.includes("shared-source") === true) {
					res.writeHead(404).end();
					return true;
				}
				return page(req, res);
			});
			const sandbox = await browser.openTab(`${server.url}/sandbox`);
			await untilState(sandbox, "open", "the page without locks to be open");
			sse.send("all", 1);
			await untilReceived(sandbox, 1);
			await sandbox.close();
			isGone = true;
			const tab = await browser.openTab(`${server.url}/?after-a-deploy`);
			await untilState(tab, "open", "the page without the code for sharing to be open");
			sse.send("all", 2);
			await untilReceived(tab, 2);
			await tab.close();
		});

		it("ends for all tabs when the server says that it is over", async () => {
			let over = false;
			const page = servePage(SCRIPT);
			const { sse, server } = await serve({ history: true }, (req, res) => {
				if (page(req, res)) return true;
				if (over) res.writeHead(204).end();
				return over;
			});
			const [leader, follower] = await openPair(server.url, server.url);
			over = true;
			sse.disconnect("all");
			for (const tab of [leader, follower]) {
				await untilState(tab, "closed", "both to be closed");
				await tab.close();
			}
		});
	});
}
