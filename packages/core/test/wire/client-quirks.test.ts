import { eventually } from "@sse-service/testing";
import { EventSource as UndiciEventSource } from "undici";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
	type CommentForm,
	type ConnectInfo,
	createSSEService,
	type SSEConnection,
	type SSEServiceOptions,
} from "../../src/index.js";
import {
	CLIENTS,
	type Client,
	eventsource,
	eventsourceClient,
	launchDarklyEventSource,
	type ToldEvent,
	undici,
} from "./clients.js";
import { type Live, QUIET, startLive } from "./live.js";

beforeEach(() => {
	// @microsoft/fetch-event-source is made for pages.
	vi.stubGlobal("window", globalThis);
	vi.stubGlobal("document", {
		hidden: false,
		addEventListener: () => {},
		removeEventListener: () => {},
	});
});
afterEach(() => {
	vi.unstubAllGlobals();
});

const each = CLIENTS.map((client) => [client.name, client] as const);

/** For which blocks without data a client gives its user an empty message, when a blank line ends them. */
const EMPTY_MESSAGES: Readonly<
	Record<string, "none" | "for a lone retry" | "for comments and a lone retry">
> = {
	eventsource: "none",
	undici: "none",
	"eventsource-client": "none",
	"@microsoft/fetch-event-source": "for comments and a lone retry",
	"extended-eventsource": "for comments and a lone retry",
	"launchdarkly-eventsource": "none",
	"event-source-plus": "none",
	"fetch-event-stream": "for a lone retry",
	"parse-sse": "none",
};

describe("with comments and a lone retry that end with their line, the default", () => {
	test.each(each)(
		"%s fires no empty message, and the events after them arrive intact",
		async (_name, client) => {
			const { told } = await amongHeartbeats(client, "line");
			expect(told).toEqual([ONE, TWO]);
		},
	);

	test("a reader that looks for data at the beginning of what is between blank lines misses the event after one", async () => {
		expect(await readNaively("line")).toEqual(["two"]);
	});
});

describe("with comments and a lone retry that end with a blank line", () => {
	const silent = each.filter(([name]) => EMPTY_MESSAGES[name] === "none");
	test.each(silent)("%s fires no empty message", async (_name, client) => {
		const { told } = await amongHeartbeats(client, "block");
		expect(told).toEqual([ONE, TWO]);
	});

	const afterRetry = each.filter(([name]) => EMPTY_MESSAGES[name] === "for a lone retry");
	test.each(afterRetry)("%s fires one empty message, for the retry", async (_name, client) => {
		const { told } = await amongHeartbeats(client, "block");
		expect(told).toEqual([EMPTY, ONE, TWO]);
	});

	const afterBoth = each.filter(
		([name]) => EMPTY_MESSAGES[name] === "for comments and a lone retry",
	);
	test.each(afterBoth)(
		"%s fires an empty message for every heartbeat and for the retry",
		async (_name, client) => {
			const { told, heartbeats } = await amongHeartbeats(client, "block");
			const empty = told.filter(({ data }) => data === "");
			expect(empty).toEqual(empty.map(() => EMPTY));
			expect(empty.length).toBeGreaterThanOrEqual(heartbeats + 1);
			expect(told.filter((event) => !empty.includes(event))).toEqual([ONE, TWO]);
		},
	);

	test("a reader that looks for data at the beginning of what is between blank lines finds every event", async () => {
		expect(await readNaively("block")).toEqual(["one", "two"]);
	});
});

describe("with a heartbeat that is an event", () => {
	test.each(each)("%s fires it, by its name, and no empty message", async (_name, client) => {
		const live = await startLive({
			service: createSSEService({ heartbeatIntervalMs: 20, heartbeatEvent: "beat" }),
		});
		const { told, close } = tell(client, live, ["message", "beat"]);
		const connection = await live.next();
		await eventually(() => told.length >= 2, `heartbeats at ${client.name}`);
		connection.send("one");
		await eventually(() => told.some(({ data }) => data === "one"), `an event at ${client.name}`);
		close();
		await live.close();
		const beats = told.filter(({ type }) => type === "beat");
		expect(beats.length).toBeGreaterThanOrEqual(2);
		expect(beats).toEqual(beats.map(() => ({ type: "beat", data: '{"intervalMs":20}' })));
		expect(told.filter((event) => !beats.includes(event))).toEqual([ONE]);
	});
});

// What clients make of data that is not one plain line. JSON always is.
describe("data", () => {
	const SENT = ["plain", { json: [" a\n b"] }, "a\nb", "", " a", "a ", "\u{feff}a", "\n\na", "a\n"];
	const EXACT = SENT.map((data) => (typeof data === "string" ? data : JSON.stringify(data)));
	const PLAIN = EXACT.slice(0, 3);

	const MADE_OF_IT: Readonly<Record<string, readonly string[]>> = {
		eventsource: EXACT,
		undici: EXACT,
		"eventsource-client": EXACT,
		"launchdarkly-eventsource": EXACT,
		// No event for empty data.
		"parse-sse": EXACT.filter((data) => data !== ""),
		// Without a byte order mark at the beginning of a line, and without empty lines at the beginning.
		"@microsoft/fetch-event-source": [...PLAIN, "", " a", "a ", "a", "a", "a\n"],
		"extended-eventsource": [...PLAIN, "", " a", "a ", "a", "a", "a\n"],
		// Without white space at the beginning of a line, and without empty lines at the beginning.
		"fetch-event-stream": [...PLAIN, "", "a", "a ", "a", "a", "a\n"],
		// The last line alone, without white space around it.
		"event-source-plus": [...PLAIN.slice(0, 2), "b", "", "a", "a", "a", "a", ""],
	};

	test.each(each)(
		"of one line and JSON arrive at %s unchanged; the rest is listed",
		async (name, client) => {
			const live = await startLive();
			const { told, close } = tell(client, live, ["message", "last"]);
			const connection = await live.next();
			for (const data of SENT) connection.send(data);
			connection.send("the last one", { event: "last" });
			await eventually(() => told.at(-1)?.type === "last", `the last event at ${name}`);
			close();
			await live.close();
			expect(told.slice(0, -1).map(({ data }) => data)).toEqual(MADE_OF_IT[name]);
		},
	);

	// The limit is undici's own, for events of any size.
	test.each([
		[131_072, "message"],
		[131_073, "error"],
	] as const)("of %i lines is a %s to undici", async (lines, outcome) => {
		const live = await startLive();
		const source = new UndiciEventSource(live.url);
		const outcomes: string[] = [];
		for (const type of ["message", "error"] as const)
			source.addEventListener(type, () => outcomes.push(type));
		const connection = await live.next();
		connection.send("\n".repeat(lines - 1));
		await eventually(() => outcomes.length > 0, "an outcome at undici");
		source.close();
		await live.close();
		expect(outcomes).toEqual([outcome]);
	});
});

describe("undici applies a reconnection time at the next blank line,", () => {
	test("so it does not know one that ends with its line before an event has come", async () => {
		await reconnects({ retryMs: 60_000, commentForm: "line", ownMs: 1 }, () => {});
	});

	test("so it knows one that ends with a blank line at once", async () => {
		await reconnects({ retryMs: 1, commentForm: "block", ownMs: 60_000 }, () => {});
	});

	test("so it knows one that ends with its line when an event has come", async () => {
		await reconnects({ retryMs: 1, commentForm: "line", ownMs: 60_000 }, (connection) =>
			connection.send("x"),
		);
	});

	/** It comes back when its connection is closed: within the shorter of two times, for the longer one ends no test. */
	async function reconnects(
		{ retryMs, commentForm, ownMs }: { retryMs: number; commentForm: CommentForm; ownMs: number },
		send: (connection: SSEConnection) => unknown,
	): Promise<void> {
		const live = await startLive({ service: createSSEService({ ...QUIET, retryMs, commentForm }) });
		const source = new UndiciEventSource(live.url, { node: { reconnectionTime: ownMs } });
		const first = await live.next();
		send(first);
		first.close();
		await live.next();
		expect(live.service.stats()).toMatchObject({ connections: 1, connectionsOpened: 2 });
		source.close();
		await live.close();
	}
});

describe("with history, a client that never received an event and reconnects", () => {
	/** The id it comes back with. */
	async function idOf({ open }: Client, options: SSEServiceOptions = {}) {
		const service = createSSEService({ ...QUIET, history: true, retryMs: 1, ...options });
		const live = await startLive({ service });
		const close = open(live.url, () => {});
		(await live.next()).close();
		const { lastEventId } = await live.next();
		close();
		await live.close();
		return lastEventId;
	}

	test("sends its position", async () => {
		expect(await idOf(undici)).toMatch(/^v1\./);
	});

	const deaf = [eventsource, eventsourceClient, launchDarklyEventSource];
	const eachDeaf = deaf.map((client) => [client.name, client] as const);
	test.each(eachDeaf)("sends nothing when it is %s", async (_name, client) => {
		expect(await idOf(client)).toBeUndefined();
	});

	test.each(eachDeaf)(
		"sends it when %s has received an event with an id",
		async (_name, client) => {
			const onConnect = ({ connection }: ConnectInfo) => connection.send("hello", { id: 0 });
			expect(await idOf(client, { onConnect })).toMatch(/^v1\..*;0$/);
		},
	);
});

const ONE: ToldEvent = { type: "message", data: "one" };
const TWO: ToldEvent = { type: "message", data: "two" };
const EMPTY: ToldEvent = { type: "message", data: "" };

/** All that a client tells of a stream with an event after the opening and two heartbeats, and one after two more. */
async function amongHeartbeats(
	client: Client,
	commentForm: CommentForm,
): Promise<{ readonly told: readonly ToldEvent[]; readonly heartbeats: number }> {
	const service = createSSEService({ retryMs: 60_000, heartbeatIntervalMs: 20, commentForm });
	const live = await startLive({ service });
	const { told, close } = tell(client, live);
	const connection = await live.next();
	const heartbeats = async () => {
		const bytes = service.stats().bytesSent + 2 * ": heartbeat\n\n".length;
		await eventually(() => service.stats().bytesSent >= bytes, "two heartbeats");
	};
	for (const { data } of [ONE, TWO]) {
		await heartbeats();
		connection.send(data);
		await eventually(
			() => told.at(-1)?.data === data || told.some((event) => event.data === data),
			`an event at ${client.name}`,
		);
	}
	const result = told.slice(0, told.findIndex(({ data }) => data === TWO.data) + 1);
	close();
	await live.close();
	return { told: result, heartbeats: 4 };
}

function tell(
	client: Client,
	live: Live,
	types?: readonly string[],
): { told: ToldEvent[]; close: () => void } {
	const told: ToldEvent[] = [];
	const close = client.open(live.url, ({ type, data }) => told.push({ type, data }), types);
	return { told, close };
}

/** What a reader finds that knows nothing but `data:` and blank lines. */
async function readNaively(commentForm: CommentForm): Promise<string[]> {
	const live = await startLive({
		service: createSSEService({ ...QUIET, retryMs: 60_000, commentForm }),
	});
	const stream = await live.record((connection) => {
		connection.send("one");
		connection.send("two");
	});
	await live.close();
	return stream
		.toString()
		.split("\n\n")
		.filter((block) => block.startsWith("data:"))
		.map((block) => block.slice("data:".length).trim());
}
