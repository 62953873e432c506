/**
 * Clients that reconnect: with `history` they receive what they missed, or a gap.
 */
import type { TestStream } from "@sse-service/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import type { PublishOptions, SSEConnection } from "../src/index.js";
import { ADA, useKeptService } from "./kept-service.js";
import { dataOf, lastIdOf } from "./received.js";
import type { Opened } from "./serving.js";

const its = useKeptService();
const { serve, open, received, leave, comeAndGo } = its;

describe("a client that reconnects", () => {
	it("receives what it missed, in order, once, and then live events", async () => {
		await serve();
		const first = await open(ADA);
		its.sse.send({ group: "news" }, "1");
		await first.stream.take(1);
		const id = await leave(first);
		its.sse.send({ group: "news" }, "2");
		its.sse.send({ client: "ada" }, "3");
		its.sse.send("all", "4");
		its.sse.send({ client: "ada", group: "news" }, "5");
		const { stream, connection } = await open(ADA, id);
		expect(connection.resumed).toBe(true);
		its.sse.send({ group: "news" }, "6");
		expect(await received(stream)).toEqual(["2", "3", "4", "5", "6"]);
	});

	it("resumes even if it never received an event", async () => {
		await serve();
		const id = await comeAndGo();
		its.sse.send("all", "1");
		const { stream } = await open(ADA, id);
		expect(await received(stream)).toEqual(["1"]);
	});

	it("does not receive events for others", async () => {
		await serve();
		const id = await comeAndGo();
		its.sse.send({ group: "sports" }, "no");
		its.sse.send({ client: "bob" }, "no");
		its.sse.send({ client: "ada", group: "sports" }, "no");
		its.sse.send({ all: true, except: { client: "ada" } }, "no");
		its.sse.send({ group: "news" }, "yes");
		const { stream } = await open(ADA, id);
		expect(await received(stream)).toEqual(["yes"]);
	});

	// The last event of a stream says that it is over. A page that reconnects and never receives it would do so for ever.
	it.each([
		["which it could resume", (id: string) => id],
		["which is no longer known", () => "v1.other.7.abcd"],
	])(
		"receives what was sent to it before it was closed in the turn in which it came back, with an id %s",
		async (_name, idOf) => {
			await serve();
			const id = await comeAndGo();
			its.sse.send("all", "missed");
			const { stream } = await open(ADA, idOf(id), (connection) => {
				its.sse.send("all", "live");
				expect(connection.send("over", { event: "end" })).toBe(1);
				// With the id of the log, it would claim that the client has what was missed.
				expect(connection.send("more", { id: "mine" })).toBe(1);
				connection.close();
			});
			await stream.ended;
			expect(stream.events).toEqual([{ event: "end", data: "over" }, { data: "more" }]);
			const again = await open(ADA, id);
			expect(await received(again.stream)).toEqual(["missed", "live"]);
		},
	);

	it("receives a gap when what it missed is no longer kept", async () => {
		await serve({ history: { maxEvents: 2 } });
		const id = await comeAndGo();
		for (const data of ["1", "2", "3"]) its.sse.send("all", data);
		const { stream, connection } = await open(ADA, id);
		expect(connection.resumed).toBe(false);
		expect(await received(stream)).toEqual(['{"reason":"expired"}']);
		expect(stream.events[0]?.event).toBe("gap");
	});

	it("receives no gap when the dropped events were for others", async () => {
		await serve({ history: { maxEvents: 2 } });
		const id = await comeAndGo();
		for (const data of ["1", "2", "3"]) its.sse.send({ client: "bob" }, data);
		its.sse.send("all", "4");
		const { stream, connection } = await open(ADA, id);
		expect(connection.resumed).toBe(true);
		expect(await received(stream)).toEqual(["4"]);
	});

	it.each<[string, () => unknown]>([
		["was not for it", () => its.sse.send({ all: true, except: { client: "ada" } }, "no")],
		["has expired", () => its.sse.send("all", "no", { ttlMs: 0 })],
		[
			"has been replaced",
			() => {
				its.sse.send("all", "no", { key: "A" });
				for (const data of ["1", "2"]) its.sse.send({ client: "bob" }, data);
			},
		],
	])("is not told of a gap when what is no longer kept %s", async (_, send) => {
		await serve({ history: { maxEvents: 2 } });
		const id = await comeAndGo();
		send();
		for (const data of ["3", "4"]) its.sse.send({ client: "bob" }, data);
		its.sse.send("all", "5", { key: "A" });
		const { stream, connection } = await open(ADA, id);
		expect(connection.resumed).toBe(true);
		expect(await received(stream)).toEqual(["5"]);
	});

	it.each([
		["7", "invalid"],
		["v1.x.y", "invalid"],
		["v1.other.1.a", "epoch"],
	])("with the id %j receives a gap: %s", async (id, reason) => {
		await serve();
		const { stream } = await open(ADA, id);
		expect(await received(stream)).toEqual([JSON.stringify({ reason })]);
	});

	it("receives what it missed at its own pace, before events sent in the meantime", async () => {
		await serve({ maxBufferedBytes: 256 * 1024, history: { maxBytes: 1e9 } });
		const id = await comeAndGo();
		const large = "x".repeat(50_000);
		for (let index = 0; index < 400; index++) its.sse.send("all", `${index} ${large}`);
		const { stream, connection } = await open(ADA, id);
		stream.pause();
		its.sse.send("all", "live");
		expect(connection.closed).toBe(false);
		stream.resume();
		const numbers = (await received(stream)).map((data) => data.split(" ")[0]);
		expect(numbers).toEqual([...Array(400).keys()].map(String).concat("live"));
	});

	it("receives what recover returns instead of a gap", async () => {
		await serve({
			recover: async function* ({ client, groups, reason }) {
				yield { data: `${client.clientId} ${groups} ${reason}`, event: "state" };
				yield { data: "more" };
			},
		});
		const { stream, connection } = await open(ADA, "7");
		its.sse.send("all", "live");
		expect(await received(stream)).toEqual(["ada news invalid", "more", "live"]);
		expect(connection.resumed).toBe(true);
		expect(lastIdOf(stream)).toMatch(/^v1\./);
	});
});

describe("a client that joins groups", () => {
	it.each([
		["in onConnect", true],
		["in the turn in which it connected", false],
	])("%s receives what it missed there", async (_, inOnConnect) => {
		const join = (connection: SSEConnection): unknown => its.sse.join({ connection }, "room");
		await serve({ onConnect: ({ connection }) => inOnConnect && join(connection) });
		const id = await comeAndGo();
		its.sse.send({ group: "room" }, "1");
		its.sse.send({ group: "news" }, "2");
		const { stream, connection } = await open(
			ADA,
			id,
			(connected) => inOnConnect || join(connected),
		);
		its.sse.send({ group: "room" }, "3");
		expect(await received(stream)).toEqual(["1", "2", "3"]);
		expect(connection.resumed).toBe(true);
	});

	// The replay ended where the log was at the connect. What came after that counted as sent live.
	it.each([{}, { groups: { room: { latest: true } } }])(
		"receives what was sent there after it connected, in the same turn, with %j",
		async (history) => {
			await serve({ history });
			const id = await comeAndGo();
			its.sse.send({ group: "room" }, "1", { key: "A" });
			its.sse.send({ group: "room" }, "2", { key: "B" });
			const { stream } = await open({ clientId: "ada", groups: ["news"] }, id, (connection) => {
				its.sse.send({ group: "news" }, "3");
				its.sse.send({ group: "room" }, "4", { key: "B" });
				its.sse.send({ all: true, except: { connection } }, "not for it");
				its.sse.send({ group: "news" }, "5");
				its.sse.leave({ connection }, "news");
				its.sse.join({ connection }, "room");
				its.sse.send({ group: "room" }, "6");
			});
			expect(await received(stream)).toEqual(["1", "3", "4", "5", "6"]);
		},
	);

	// What was sent to it alone came behind all that its groups were sent in the turn, which was counted twice.
	it.each(["a proven id", "an id of another log"])(
		"receives what it is sent in that turn in the order of sending, with %s",
		async (origin) => {
			await serve();
			const known = await comeAndGo();
			const id = origin === "a proven id" ? known : "v1.other.5.x";
			its.sse.send({ group: "room" }, "0");
			const before = its.sse.stats().eventsSent;
			const { stream } = await open(ADA, id, (connection) => {
				connection.send("own 1", { id: "a" });
				its.sse.send({ group: "news" }, "news 2");
				its.sse.send({ group: "room" }, "room 3");
				connection.send("own 4");
				its.sse.send({ group: "news" }, "news 5");
				its.sse.join({ connection }, "room");
				connection.send("own 6", { id: "b" });
				its.sse.send({ group: "room" }, "room 7");
				connection.send("own 8");
			});
			const [first, ...others] = await received(stream);
			expect(first).toBe(id === known ? "0" : '{"reason":"epoch"}');
			const sent = ["own 1", "news 2", "room 3", "own 4", "news 5", "own 6", "room 7", "own 8"];
			expect(others).toEqual(sent);
			expect(its.sse.stats().eventsSent - before).toBe(stream.events.length);
		},
	);

	it("receives one gap in place of what groups were sent in that turn and no longer keep", async () => {
		await serve({ history: { groups: { room: { maxEvents: 1 } } } });
		const id = await comeAndGo();
		const { stream } = await open(ADA, id, (connection) => {
			its.sse.send({ group: "news" }, "covered");
			connection.send("own");
			for (const data of ["1", "2"]) its.sse.send({ group: "room" }, data);
			its.sse.join({ connection }, "room");
		});
		expect(await received(stream)).toEqual(['{"reason":"expired"}', "own"]);
	});

	// A gap took the place of all that was kept for it, and of what it had been sent.
	it("from the start on receives what is kept of the groups that it joins in that turn, and all else", async () => {
		await serve({ history: { groups: { room: { maxEvents: 1 } } } });
		its.sse.send({ group: "news" }, "kept");
		const { stream } = await open({ ...ADA, since: "start" }, undefined, (connection) => {
			its.sse.send({ group: "news" }, "live");
			for (const data of ["1", "2"]) its.sse.send({ group: "room" }, data);
			its.sse.join({ connection }, "room");
			its.sse.send({ group: "news" }, "last");
		});
		expect(await received(stream)).toEqual(["kept", "live", "2", "last"]);
	});

	// What was lost behind the first page began the read again, and again, until the process was killed.
	it("from the start on receives what is kept of these groups behind more than a page", async () => {
		await serve({ history: { groups: { room: { maxEvents: 1 } } } });
		const news = Array.from({ length: 300 }, (_, at) => `news ${at}`);
		for (const data of news) its.sse.send({ group: "news" }, data);
		const { stream } = await open({ ...ADA, since: "start" }, undefined, (connection) => {
			for (const data of ["1", "2"]) its.sse.send({ group: "room" }, data);
			its.sse.join({ connection }, "room");
		});
		expect(await received(stream)).toEqual([...news, "2"]);
	});

	// What it had been sent was dropped, to be read again from the start on, where nothing that is no longer kept counts as missed.
	it.each([
		["without a group before it", 0],
		["behind more than a page", 300],
	])(
		"from the start on receives a gap in place of what it was sent in that turn, and groups no longer keep, %s",
		async (_, count) => {
			const maxBufferedBytes = 2 ** 16;
			await serve({ history: { groups: { room: { maxEvents: 1 } } }, maxBufferedBytes });
			const news = Array.from({ length: count }, (_, at) => `news ${at}`);
			for (const data of ["lost", "kept"]) its.sse.send({ group: "room" }, data);
			for (const data of news) its.sse.send({ group: "news" }, data);
			const client = { clientId: "ada", groups: ["news", "room"], since: "start" };
			const { stream } = await open(client, undefined, (connection) => {
				its.sse.send({ group: "files" }, "x".repeat(maxBufferedBytes));
				its.sse.join({ connection }, "files");
				for (const data of ["1", "2"]) its.sse.send({ group: "room" }, data);
			});
			const gap = '{"reason":"expired"}';
			expect(await received(stream)).toEqual([...news, gap]);
		},
	);

	// An event that may exceed the limit counted as more than may wait, so the replay came before what was sent to the connection.
	it("receives in the order of sending what little it missed behind an event that exceeds the limit", async () => {
		await serve({ maxBufferedBytes: 1_000 });
		const id = await comeAndGo();
		const own = "own".repeat(1_000);
		const { stream } = await open(ADA, id, (connection) => {
			connection.send(own);
			its.sse.send({ group: "news" }, "1");
			its.sse.send({ group: "room" }, "2");
			its.sse.join({ connection }, "room");
		});
		expect(await received(stream)).toEqual([own, "1", "2"]);
	});

	// The event that ends the turn early is kept before it is delivered. The replay gave it, and then it arrived.
	it("receives once what ends that turn because it is too much", async () => {
		await serve({
			history: { groups: { room: { latest: true } } },
			maxBufferedBytes: 1_000,
		});
		const id = await comeAndGo();
		const [one, two, three, four] = ["1", "2".repeat(600), "3".repeat(600), "4"] as const;
		const { stream } = await open(ADA, `${id}~`, (connection) => {
			its.sse.send({ group: "room" }, one, { key: "1" });
			its.sse.join({ connection }, "room");
			its.sse.send({ group: "room" }, two, { key: "2" });
			its.sse.send({ group: "room" }, three, { key: "3" });
			its.sse.send({ group: "room" }, four, { key: "4" });
		});
		expect(await received(stream)).toEqual([one, two, three, four]);
	});

	// All of it waited in memory, and the next event closed the stream, or dropped what the log still had.
	it.each(["close", "drop-oldest"] as const)(
		"receives at its own pace more than may wait that groups were sent in that turn, with the policy %s",
		async (slowPolicy) => {
			const maxBufferedBytes = 2 ** 20;
			await serve({ history: { maxBytes: 2 ** 26 }, maxBufferedBytes, slowPolicy });
			const id = await comeAndGo();
			const missed = Array.from({ length: 100 }, (_, at) => `${at} ${"x".repeat(100_000)}`);
			const { stream, connection } = await open(ADA, id, (connected) => {
				for (const data of missed) its.sse.send({ group: "room" }, data);
				its.sse.join({ connection: connected }, "room");
			});
			stream.pause();
			its.sse.send({ group: "room" }, "live");
			expect(connection.closed).toBe(false);
			expect(connection.bufferedBytes).toBeLessThan(maxBufferedBytes + 101_000);
			stream.resume();
			expect(await received(stream)).toEqual([...missed, "live"]);
		},
	);

	// The first look started the replay, with the groups of that moment.
	it("receives what it missed there although the connection was asked before whether it has resumed", async () => {
		await serve();
		const id = await comeAndGo();
		its.sse.send({ group: "room" }, "1");
		its.sse.send({ group: "news" }, "2");
		const { stream, connection } = await open(ADA, id, (connected) => {
			expect(connected.resumed).toBe(true);
			its.sse.join({ connection: connected }, "room");
		});
		expect(await received(stream)).toEqual(["1", "2"]);
		expect(connection.resumed).toBe(true);
	});

	it("has not resumed as far as is known in its turn if one of them lacks what it missed", async () => {
		await serve({
			history: { groups: { room: { maxEvents: 1 } } },
			recover: () => [{ data: "state" }],
		});
		const id = await comeAndGo();
		for (const data of ["1", "2"]) its.sse.send({ group: "room" }, data);
		const told: boolean[] = [];
		const { stream, connection } = await open(ADA, id, (connected) => {
			told.push(connected.resumed);
			its.sse.join({ connection: connected }, "room");
			told.push(connected.resumed);
		});
		expect(await received(stream)).toEqual(["state"]);
		expect([...told, connection.resumed]).toEqual([true, false, true]);
	});

	it("has not resumed if it was closed in the turn in which it came back", async () => {
		const told: boolean[] = [];
		await serve({ onDisconnect: ({ connection }) => told.push(connection.resumed) });
		const id = await comeAndGo();
		told.length = 0;
		its.sse.send("all", "missed");
		const { stream, connection } = await open(ADA, id, (connected) => {
			told.push(connected.resumed);
			connected.close();
			told.push(connected.resumed);
		});
		await stream.ended;
		expect(stream.events).toEqual([]);
		expect([...told, connection.resumed]).toEqual([true, false, false, false]);
	});

	it("gets their newest events before later ones, even while it does not read", async () => {
		await serve({ history: { groups: { prices: { latest: true } } } });
		const { stream, connection } = await open(ADA);
		stream.pause();
		const large = "x".repeat(100_000);
		const sent: string[] = [];
		while (connection.bufferedBytes < 100_000) {
			sent.push(String(sent.length));
			connection.send(`${sent.length - 1} ${large}`);
			await new Promise((resolve) => setImmediate(resolve));
		}
		its.sse.send({ group: "prices" }, "A1", { key: "A" });
		its.sse.send({ group: "prices" }, "B1", { key: "B" });
		its.sse.join({ connection }, "prices");
		its.sse.send({ group: "prices" }, "B2", { key: "B" });
		stream.resume();
		const got = (await received(stream)).map((data) => data.split(" ")[0]);
		expect(got).toEqual([...sent, "A1", "B2"]);
		expect(stream.text).toMatch(/id: \S+~\n\ndata: A1\n/);
	});
});

describe("an event that is replaced while it waits to be replayed", () => {
	it("is not sent, and the stream continues", async () => {
		await serve({ history: { maxBytes: 1e9 } });
		const id = await comeAndGo();
		const large = "x".repeat(100_000);
		for (let index = 0; index < 200; index++) its.sse.send("all", `${index} ${large}`);
		its.sse.send("all", "old", { key: "k" });
		const { stream } = await open(ADA, id);
		stream.pause();
		await stream.until(() => true);
		its.sse.send("all", "new", { key: "k" });
		stream.resume();
		const got = (await received(stream)).map((data) => data.split(" ")[0]);
		expect(got).toEqual([...Array(200).keys()].map(String).concat("new"));
	});
});

describe("a client that still reads what it missed", () => {
	const history = { maxEvents: 2_000, groups: { room: { maxEvents: 1 } } };
	const missed = Array.from({ length: 1_000 }, (_, at) => `${at} ${"x".repeat(1_000)}`);

	/** `room` is sent more than is kept of it while the client is at its first page. @returns what the client then has */
	async function readWhileRoomIsSent(sent: readonly string[], since: string): Promise<string[]> {
		const { stream } = await open({ ...ADA, groups: ["room"] }, since);
		await stream.until(() => stream.events.length > 0);
		expect(stream.events.length).toBeLessThan(missed.length);
		for (const data of sent) its.sse.send({ group: "room" }, data);
		return received(stream);
	}

	// These wait for the client. They gave a gap in place of the other pages.
	it.each([[[]], [["before"]]])(
		"gets no gap because of later events of a group that are no longer kept, behind %j of it",
		async (before) => {
			await serve({ history, maxBufferedBytes: 2 ** 24 });
			const id = await comeAndGo();
			for (const data of before) its.sse.send({ group: "room" }, data);
			for (const data of missed) its.sse.send("all", data);
			const live = ["1", "2", "3"];
			expect(await readWhileRoomIsSent(live, id)).toEqual([...before, ...missed, ...live]);
		},
	);

	it("gets a gap if one of them took the place of an event that it had yet to read", async () => {
		await serve({ history, maxBufferedBytes: 2 ** 24 });
		const id = await comeAndGo();
		for (const data of missed) its.sse.send("all", data);
		its.sse.send({ group: "room" }, "last");
		const got = await readWhileRoomIsSent(["1", "2"], id);
		const gap = got.indexOf('{"reason":"expired"}');
		expect(gap).toBeGreaterThan(0);
		expect(got).toEqual([...missed.slice(0, gap), '{"reason":"expired"}', "1", "2"]);
	});
});

describe("an event that carries a position", () => {
	it.each([0, 15])(
		"is sent to a client that only receives events that are not kept, each after %d ms of work",
		async (workMs) => {
			await serve({ heartbeatIntervalMs: 40 });
			const { stream, connection } = await open(ADA);
			const { id } = await its.sse.publish({ client: "bob" }, "for another");
			// Longer than the heartbeat's timer: whenever it fires, an event of the same tick is waiting.
			const ticks = setInterval(() => {
				const startedMs = performance.now();
				while (performance.now() - startedMs < workMs);
				connection.send("tick");
			}, 2);
			onTestFinished(() => clearInterval(ticks));
			await stream.until(() => lastIdOf(stream) === id);
		},
	);

	it("is dropped silently when it does not fit", async () => {
		await serve({ maxBufferedBytes: 64 * 1024, slowPolicy: "drop-newest" });
		const { stream, connection } = await open(ADA);
		stream.pause();
		while (connection.send("x".repeat(8_000)) === 1) {
			await new Promise((resolve) => setImmediate(resolve));
		}
		for (let i = 0; i < 10_000; i++)
			its.sse.send({ all: true, except: { connection } }, "for others");
		expect(its.sse.stats().drops).toEqual({ "drop-newest": 1 });
		stream.abort();
	});
});

describe("an excluded connection", () => {
	/** Ada's two tabs, which have received the same. */
	async function twoTabs(): Promise<[Opened, Opened]> {
		await serve();
		const tabs: [Opened, Opened] = [await open(ADA), await open(ADA)];
		its.sse.send({ group: "news" }, "1");
		for (const { stream } of tabs) await stream.take(1);
		return tabs;
	}

	it("that has received a newer position does not get the event replayed", async () => {
		const [writer] = await twoTabs();
		const before = lastIdOf(writer.stream);
		its.sse.send({ group: "news", except: { connection: writer.connection } }, "2");
		await writer.stream.until(() => lastIdOf(writer.stream) !== before);
		const { stream } = await open(ADA, await leave(writer));
		expect(await received(stream)).toEqual([]);
	});

	// Both tabs reconnect with the same position and the same client id. One event too many is harmless, and one lost is not.
	it("whose socket breaks in the same tick gets the event replayed, like any other tab of its client", async () => {
		const [writer, reader] = await twoTabs();
		writer.connection.response.socket?.destroy();
		reader.connection.response.socket?.destroy();
		its.sse.send({ group: "news", except: { connection: writer.connection } }, "2");
		for (const tab of [writer, reader]) {
			const { stream } = await open(ADA, await leave(tab));
			await stream.take(1);
			expect(dataOf(stream.events)).toEqual(["2"]);
		}
	});

	it("gets nothing replayed, however it breaks, if its client is excluded", async () => {
		const [writer] = await twoTabs();
		writer.connection.response.socket?.destroy();
		its.sse.send({ group: "news", except: { client: "ada" } }, "2");
		const { stream } = await open(ADA, await leave(writer));
		expect(await received(stream)).toEqual([]);
	});
});

describe("a connection whose response is wrapped", () => {
	it("gets what middleware sends during a write after everything that waits", async () => {
		await serve();
		const { stream, connection } = await open(ADA);
		const { response } = connection;
		const write = response.write.bind(response);
		let isArmed = false;
		response.write = ((...written: Parameters<typeof write>) => {
			if (isArmed) its.sse.send("all", "by middleware");
			isArmed = false;
			return write(...written);
		}) as typeof write;
		stream.pause();
		const large = "x".repeat(50_000);
		const sent: string[] = [];
		while (connection.bufferedBytes < 500_000) {
			its.sse.send("all", `${sent.length} ${large}`);
			sent.push(String(sent.length));
			await new Promise((resolve) => setImmediate(resolve));
		}
		isArmed = true;
		stream.resume();
		await stream.until(() => dataOf(stream.events).includes("by middleware"));
		const got = dataOf(stream.events).map((data) => data.split(" ")[0]);
		expect(got).toEqual([...sent, "by"]);
	});

	it("breaks no fan-out when its destroy throws", async () => {
		await serve({ maxBufferedBytes: 100_000 });
		const slow = await open(ADA);
		const { stream } = await open({ clientId: "bob" });
		slow.stream.pause();
		slow.connection.response.destroy = () => {
			throw new Error("wrapped");
		};
		const large = "x".repeat(50_000);
		let count = 0;
		while (!slow.connection.closed) {
			its.sse.send("all", `${count++} ${large}`);
			await stream.take(count);
		}
		expect(slow.connection.closeReason).toBe("slow");
		its.sse.send("all", String(count++));
		const numbers = (await received(stream)).map((data) => Number(data.split(" ")[0]));
		expect(numbers).toEqual([...Array(count).keys()]);
		slow.stream.abort();
	});
});

// The event that excluded a client replaced the one that it should have received: it received neither, and no gap.
describe("a client that was excluded from the newest event of a key", () => {
	const toAll = (data: string): number => its.sse.send({ group: "news" }, data, { key: "k" });
	const toOthers = (data: string): number =>
		its.sse.send({ group: "news", except: { client: "ada" } }, data, { key: "k" });

	it("receives the newest event for it when it reconnects", async () => {
		await serve();
		const id = await comeAndGo();
		toAll("1");
		toOthers("2");
		toOthers("3");
		const { stream } = await open(ADA, id);
		expect(await received(stream)).toEqual(["1"]);
		const other = await open({ ...ADA, clientId: "bob" }, id);
		expect(await received(other.stream)).toEqual(["1", "3"]);
	});

	it("receives the newest event for it when it joins a group with latest", async () => {
		await serve({ history: { groups: { news: { latest: true } } } });
		toAll("1");
		toOthers("2");
		const { stream } = await open(ADA);
		expect(await received(stream)).toEqual(["1"]);
	});

	it("receives only the event to all that replaces them", async () => {
		await serve();
		const id = await comeAndGo();
		toAll("1");
		toOthers("2");
		toAll("3");
		const { stream } = await open({ ...ADA, clientId: "bob" }, id);
		expect(await received(stream)).toEqual(["3"]);
	});

	it("receives a gap when the event for it is no longer kept", async () => {
		await serve({ history: { maxEvents: 1 } });
		const id = await comeAndGo();
		toAll("1");
		its.sse.send({ client: "bob" }, "pushes 1 out");
		toOthers("2");
		const { stream } = await open(ADA, id);
		expect(await received(stream)).toEqual(['{"reason":"expired"}']);
	});
});

describe("an id of the application's own", () => {
	const told: (string | undefined)[] = [];

	it.each([
		["v1.a.1.b;task-1", "task-1"],
		["v1.a.1.b~;task;1", "task;1"],
		["v1.a.1.b", undefined],
		["v1.a.1.b;", undefined],
		["task-1", "task-1"],
	])("of %j is %j, for the handle and for recover", async (id, own) => {
		await serve({
			recover: ({ lastOwnId }) => {
				told.push(lastOwnId);
				return [];
			},
		});
		const { connection } = await open(ADA, id);
		expect(connection.lastOwnId).toBe(own);
		expect(told.pop()).toBe(own);
	});

	it("comes back as it was sent", async () => {
		await serve();
		const first = await open(ADA);
		its.sse.send("all", "1", { id: "task-1" });
		await first.stream.take(1);
		const { connection } = await open(ADA, await leave(first));
		expect(connection.lastEventId).toMatch(/^v1\./);
		expect(connection.lastOwnId).toBe("task-1");
	});

	it("is the whole id without history, and undefined if there is none", async () => {
		await serve({ history: false });
		expect((await open(ADA, "v1.2.3.4")).connection.lastOwnId).toBe("v1.2.3.4");
		expect((await open(ADA)).connection.lastOwnId).toBeUndefined();
	});
});

describe("what is published", () => {
	// It was kept, and replayed.
	it("cannot be volatile", async () => {
		await serve();
		const options = { volatile: true } as PublishOptions;
		await expect(its.sse.publish("all", "x", options)).rejects.toMatchObject({
			code: "ERR_SSE_INVALID_OPTION",
		});
		expect(its.sse.stats().history?.events).toBe(0);
	});
});

describe("a service that has closed", () => {
	it("refuses to publish, holds nothing, and sends to nobody", async () => {
		await serve();
		its.sse.send("all", "1");
		await its.sse.close();
		const refused = expect.objectContaining({ code: "ERR_SSE_SERVICE_CLOSED" });
		await expect(its.sse.publish("all", "2")).rejects.toThrow(refused);
		expect(its.sse.send("all", "3")).toBe(0);
		expect(its.sse.stats().history).toEqual({ events: 0, bytes: 0 });
	});
});

describe("a service that is closed", () => {
	it("sends to nobody, and publishes nothing", async () => {
		await serve();
		await open(ADA);
		await its.sse.close();
		expect(its.sse.send("all", "late")).toBe(0);
		await expect(its.sse.publish("all", "late")).rejects.toMatchObject({
			code: "ERR_SSE_SERVICE_CLOSED",
		});
	});
});

describe("a client that a drain sends away", () => {
	it("receives its position, and everything when it reconnects", async () => {
		await serve({ history: true });
		const { stream } = await open(ADA);
		its.sse.send({ client: "bob" }, "for another");
		const { id } = await its.sse.publish("all", "1");
		its.sse.send({ client: "bob" }, "for another");
		void its.sse.close({ drainMs: 1 });
		await stream.ended;
		expect(dataOf(stream.events)).toEqual(["1"]);
		expect(lastIdOf(stream)).not.toBe(id);
		expect(stream.text).toMatch(/\nretry: \d+\nid: v1\.\S+\n\n$/);
	});
});

describe("a group with latest", () => {
	it("gives each new member the newest event of each key, then live events", async () => {
		await serve({ history: { groups: { prices: { latest: true } } } });
		const price = (key: string, data: string): number =>
			its.sse.send({ group: "prices" }, data, { key });
		price("A", "A1");
		price("B", "B1");
		price("A", "A2");
		const { stream, connection } = await open({ clientId: "ada", groups: ["prices"] });
		price("B", "B2");
		expect(await received(stream)).toEqual(["B1", "A2", "B2"]);
		const joining = await open({ clientId: "bob" });
		its.sse.join({ connection: joining.connection }, "prices");
		expect(await received(joining.stream)).toEqual(["A2", "B2"]);
		const id = await leave({ stream, connection });
		price("A", "A3");
		const again = await open({ clientId: "ada", groups: ["prices"] }, id);
		expect(await received(again.stream)).toEqual(["A3"]);
	});

	// A line separator of Unicode ends a line for a regular expression, and does not in the stream: the id stayed, and
	// the client resumed from where the event was first sent.
	it("sends it without its id, whatever the application's own id contains", async () => {
		await serve({ history: { groups: { prices: { latest: true } } } });
		its.sse.send({ group: "prices" }, "1 \u2028id: 7", { id: "own \u2028" });
		its.sse.send("all", "2");
		const { stream } = await open({ clientId: "ada", groups: ["prices"] });
		expect(await received(stream)).toEqual(["1 \u2028id: 7"]);
		expect(stream.events[0]?.id).toBeUndefined();
	});

	// The state was read after the application had recovered, and events sent until then arrived again, live.
	it("sends no event twice that is sent while the application recovers a gap", async () => {
		let recover: (() => void) | undefined;
		await serve({
			history: { groups: { prices: { latest: true } } },
			recover: () =>
				new Promise((resolve) => {
					recover = () => resolve([{ data: "recovered" }]);
				}),
		});
		its.sse.send({ group: "prices" }, "A1", { key: "A" });
		const { stream } = await open({ clientId: "ada", groups: ["prices"] }, "7");
		its.sse.send({ group: "prices" }, "B1", { key: "B" });
		recover?.();
		expect(await received(stream)).toEqual(["recovered", "A1", "B1"]);
	});

	/** The id that says that the state is still to follow, as a client has it whose connection breaks right after. */
	function partialIdOf(stream: TestStream): string {
		return /^id: (.*~)$/m.exec(stream.text)?.[1] ?? "";
	}

	// When the newest events of a group were sent again, other events were not: those for a client within the group.
	it("sends events for the client within the group to one whose connection broke before its state arrived", async () => {
		await serve({ history: { groups: { prices: { latest: true } } } });
		its.sse.send({ group: "prices" }, "A1", { key: "A" });
		const first = await open({ clientId: "ada", groups: ["prices"] });
		await first.stream.take(1);
		await leave(first);
		its.sse.send({ client: "ada", group: "prices" }, "own");
		const again = await open({ clientId: "ada", groups: ["prices"] }, partialIdOf(first.stream));
		expect(await received(again.stream)).toEqual(["A1", "own"]);
	});

	// It was given before anybody knew that there was a gap, and again after it.
	it("sends its state once, after the gap, to a client that reconnects too late", async () => {
		await serve({ history: { groups: { prices: { latest: true } } } });
		its.sse.send({ group: "prices" }, "A1", { key: "A" });
		const first = await open({ clientId: "ada", groups: ["prices"] });
		await first.stream.take(1);
		await leave(first);
		const id = partialIdOf(first.stream).replace(/^v1\.[^.]*/, "v1.other");
		const again = await open({ clientId: "ada", groups: ["prices"] }, id);
		expect(await received(again.stream)).toEqual(['{"reason":"epoch"}', "A1"]);
	});
});
