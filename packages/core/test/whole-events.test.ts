/**
 * What a client reads is whole events and whole comments, and nothing else: whatever the library and the application write, in
 * whatever order, while a large event goes out in pieces.
 */
import { once } from "node:events";
import { type Protocol, settled, sizeOf } from "@sse-service/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSSEService as createFetchService, respond } from "../src/fetch.js";
import type { ConnectParams, SSEConnection, SSEService, SSEServiceOptions } from "../src/index.js";
import { startService } from "./serving.js";

const INTERVAL_MS = 1_000;
/** A position in a log that is no more, so that `recover` runs. */
const LOST = "v1.gone.5.abc";

/** What the client has missed: nothing, events of the log, or events that `recover` yields, some of them later. */
type Missed = "nothing" | "replay" | "recover";

type Step =
	| { readonly kind: "send" | "broadcast" | "recover" | "pipe"; readonly size: number }
	/** `sip`: the client reads for a moment. */
	| { readonly kind: "beat" | "write" | "pause" | "resume" | "sip" | "recovered" }
	| { readonly kind: "turn" | "microtasks"; readonly count: number };

interface Play {
	readonly missed: Missed;
	readonly before: readonly number[];
	/** Whether a heartbeat is due in the turn in which the stream opens, with its replay. */
	readonly beatsAtOnce: boolean;
	/** Whether as much is sent to a client that does not read as all buffers hold. */
	readonly isBehind: boolean;
	readonly steps: readonly Step[];
	/** Whether the stream is closed right after them. */
	readonly isCut: boolean;
}

// Above 80 KiB events are written in pieces, alone or together.
const size = fc.oneof(
	fc.nat({ max: 200 }),
	fc.integer({ min: 60_000, max: 90_000 }),
	fc.integer({ min: 90_000, max: 400_000 }),
);
const event = fc.record({
	kind: fc.constantFrom("send", "broadcast", "recover", "pipe"),
	size,
}) as fc.Arbitrary<Step>;
const other = fc.record({
	kind: fc.constantFrom("beat", "write", "pause", "resume", "sip", "recovered"),
}) as fc.Arbitrary<Step>;
const pass = fc.record({
	kind: fc.constantFrom("turn", "microtasks"),
	count: fc.integer({ min: 1, max: 6 }),
}) as fc.Arbitrary<Step>;
/** An event that has been handed over, and is written at the end of the tick, and a heartbeat in between. */
const met: fc.Arbitrary<readonly Step[]> = fc
	.record({
		// The largest is more than an operating system takes for a client that does not read.
		size: fc.oneof({ weight: 9, arbitrary: size }, fc.constant(9_000_000)),
		count: fc.integer({ min: 1, max: 12 }),
	})
	.map(({ size, count }) => [
		{ kind: size > 1_000_000 ? "pause" : "sip" },
		{ kind: "recover", size },
		{ kind: "microtasks", count },
		{ kind: "beat" },
		{ kind: "turn", count: 1 },
		{ kind: "resume" },
	]);
const step = fc.oneof(
	...[event, event, other, other, pass].map((arbitrary) => arbitrary.map((each) => [each])),
	met,
);
const play: fc.Arbitrary<Play> = fc.record({
	missed: fc.constantFrom("nothing", "replay", "recover", "recover"),
	before: fc.array(size, { maxLength: 6 }),
	beatsAtOnce: fc.boolean(),
	isBehind: fc.boolean(),
	steps: fc.array(step, { minLength: 5, maxLength: 25 }).map((steps) => steps.flat()),
	isCut: fc.boolean(),
});

type Handle = Pick<
	SSEConnection,
	"send" | "pipe" | "close" | "bufferedBytes" | "closed" | "resumed"
>;

/** A client of any transport. */
interface Client {
	readonly connection: Handle;
	/** Writes a comment past the library, where the transport has something to write to. */
	readonly write: ((text: string) => unknown) | undefined;
	/** All that it has read so far. */
	text(): string;
	pause(): void;
	resume(): void;
	readonly ended: Promise<unknown>;
}

interface Serving {
	readonly sse: SSEService;
	/** `onConnected` runs in the turn in which the stream opens. */
	open(
		params: Pick<ConnectParams, "since">,
		lastEventId: string | undefined,
		onConnected: (connection: Handle) => void,
	): Promise<Client>;
	end(): Promise<unknown>;
}

async function serve(protocol: Protocol, options: SSEServiceOptions): Promise<Serving> {
	const { sse, server, open } = await startService(options, undefined, protocol);
	return {
		sse,
		open: async (...args) => {
			const { connection, stream } = await open(...args);
			return {
				connection,
				write: (text) => connection.response.write(text),
				text: () => stream.text,
				pause: () => stream.pause(),
				resume: () => stream.resume(),
				ended: stream.ended,
			};
		},
		end: () => server.destroy(),
	};
}

async function serveFetch(options: SSEServiceOptions): Promise<Serving> {
	const sse = createFetchService(options);
	return {
		sse,
		open: async (params, lastEventId, onConnected) => {
			const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
			const request = new Request("http://127.0.0.1/", { headers });
			const { response, connection } = respond(request, { service: sse, ...params });
			onConnected(connection);
			let text = "";
			let isPaused = false;
			const resumed = new EventTarget();
			const read = async (): Promise<void> => {
				for await (const bytes of response.body ?? []) {
					text += Buffer.from(bytes).toString();
					if (isPaused) await once(resumed, "resume");
				}
			};
			return {
				connection,
				write: undefined,
				text: () => text,
				pause: () => {
					isPaused = true;
				},
				resume: () => {
					isPaused = false;
					resumed.dispatchEvent(new Event("resume"));
				},
				ended: read(),
			};
		},
		end: async () => {},
	};
}

const LINE =
	/^(?:data: (?<number>\d+) (?<size>\d+) (?<content>x*)|: (?:open|heartbeat|by hand)|id: \S+|)$/;

/** The numbers of the events in a stream, which must have been written whole. */
function eventsIn(text: string): number[] {
	expect(text.endsWith("\n")).toBe(true);
	const numbers: number[] = [];
	for (const line of text.split("\n")) {
		const groups = LINE.exec(line)?.groups;
		const length = Number(groups?.size ?? 0);
		if (groups === undefined || (groups.content ?? "").length !== length)
			throw new Error(`not whole: ${line.slice(0, 40)} … ${line.slice(-40)}, of ${line.length}`);
		if (groups.number !== undefined) numbers.push(Number(groups.number));
	}
	return numbers;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function run(begin: typeof serveFetch, played: Play): Promise<void> {
	const { missed, before, beatsAtOnce, isBehind, steps, isCut } = played;
	let numbers = 0;
	const expected = new Set<number>();
	const next = (length: number): string => {
		expected.add(++numbers);
		return `${numbers} ${length} ${"x".repeat(length)}`;
	};
	let late: ReadableStreamDefaultController<{ data: string }> | undefined;
	const recovered = new ReadableStream<{ data: string }>({
		start: (controller) => {
			late = controller;
		},
	});
	const { sse, open, end } = await begin({
		heartbeatIntervalMs: INTERVAL_MS,
		stallTimeoutMs: 0,
		maxBufferedBytes: 64 * 1024 * 1024,
		closeTimeoutMs: 60_000,
		recoverTimeoutMs: 0,
		recoverWaitMs: 0,
		history: { maxBytes: 64 * 1024 * 1024 },
		...(missed === "recover" && { recover: async () => recovered }),
	});
	try {
		for (const length of before) {
			if (missed === "replay") sse.send("all", next(length));
			if (missed === "recover") late?.enqueue({ data: next(length) });
		}
		const client = await open(
			missed === "replay" ? { since: "start" } : {},
			missed === "recover" ? LOST : undefined,
			({ resumed }) => {
				if (beatsAtOnce && resumed) vi.advanceTimersByTime(2 * INTERVAL_MS);
			},
		);
		const { connection } = client;
		const piping: Promise<unknown>[] = [];
		if (isBehind) {
			client.pause();
			for (let i = 0; i < 200 && connection.bufferedBytes === 0; i++) {
				connection.send(next(60_000));
				await turn();
			}
		}
		for (const step of steps) {
			switch (step.kind) {
				case "send":
					connection.send(next(step.size));
					break;
				case "broadcast":
					sse.send("all", next(step.size));
					break;
				case "recover":
					if (missed === "recover") late?.enqueue({ data: next(step.size) });
					break;
				case "recovered":
					if (missed === "recover") late?.close();
					late = undefined;
					break;
				case "pipe":
					piping.push(connection.pipe([next(step.size), next(200), next(step.size)]));
					break;
				case "beat":
					vi.advanceTimersByTime(2 * INTERVAL_MS);
					break;
				case "write":
					// As the README says: nothing of the library's may wait then.
					if (connection.bufferedBytes === 0) client.write?.(": by hand\n");
					break;
				case "sip":
					client.resume();
					await turn();
					client.pause();
					break;
				case "turn":
					for (let i = 0; i < step.count; i++) await turn();
					break;
				case "microtasks":
					for (let i = 0; i < step.count; i++) await undefined;
					break;
				default:
					client[step.kind]();
			}
		}
		client.resume();
		if (!isCut) {
			if (missed === "recover") late?.close();
			// It waits for all that is before it.
			piping.push(connection.pipe([next(0)]));
			await settled(Promise.all(piping), "the pipes");
		}
		connection.close();
		await settled(client.ended, "the stream to end");
		const received = eventsIn(client.text());
		expect(new Set(received).size).toBe(received.length);
		if (!isCut) expect(new Set(received)).toEqual(expected);
	} finally {
		await sse.close();
		await end();
	}
}

describe("over generated events, heartbeats, replays and writes of the application", () => {
	beforeEach(() => {
		vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
	});

	afterEach(() => {
		vi.useRealTimers();
	});

	it.each<[string, typeof serveFetch]>([
		["HTTP/1.1", (options) => serve("http", options)],
		["HTTPS", (options) => serve("https", options)],
		["HTTP/2", (options) => serve("http2", options)],
		["a Response", serveFetch],
	])("the body of %s is whole events", async (_, begin) => {
		await fc.assert(
			fc.asyncProperty(play, (played) => run(begin, played)),
			// What the operating system accepts at a time differs, so no seed repeats a failure.
			{ numRuns: sizeOf({ usual: 15, long: 500 }), endOnFailure: true },
		);
	});
});
