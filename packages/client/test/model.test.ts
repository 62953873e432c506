/**
 * The client against servers that do anything: a script of answers, on a clock that the test moves.
 */
import { sizeOf } from "@sse-service/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openStream, type StreamError, type StreamState } from "../src/index.js";

type Answer =
	| {
			readonly kind: "stream";
			readonly events: number;
			readonly end: End;
			readonly retry?: number | undefined;
	  }
	| { readonly kind: "status"; readonly status: number; readonly retryAfter?: number | undefined }
	| { readonly kind: "wrong type" }
	| { readonly kind: "no answer" }
	| { readonly kind: "network" };

/** `inside`: broken in the middle of an event, and of a character. `mute`: nothing more comes. */
type End = "end" | "break" | "inside" | "mute";

const BASE_MS = 100;
const MAX_MS = 1_000;
const STALL_MS = 5_000;
const CONNECT_MS = 3_000;
const RUNS = sizeOf({ usual: 100, long: 300 });

const answers = fc.array(
	fc.oneof(
		fc.record({
			kind: fc.constant("stream" as const),
			events: fc.nat(4),
			end: fc.constantFrom<End[]>("end", "break", "inside", "mute"),
			retry: fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: undefined }),
		}),
		fc.record({
			kind: fc.constant("status" as const),
			status: fc.constantFrom(401, 429, 500, 503, 408),
			retryAfter: fc.option(fc.nat(20), { nil: undefined }),
		}),
		fc.constant({ kind: "network" as const }),
		fc.constant({ kind: "no answer" as const }),
	),
	{ maxLength: 12 },
);

const last = fc.constantFrom<Answer[]>(
	{ kind: "status", status: 204 },
	{ kind: "status", status: 403 },
	{ kind: "wrong type" },
);

/** A server that answers by the script, and knows what it sent and was asked. */
class ScriptedServer {
	readonly #script: readonly Answer[];
	/** The ids of events that were sent whole. */
	readonly sent: number[] = [];
	readonly requests: { readonly at: number; readonly lastEventId: string | null }[] = [];
	/** When the last answer had come to its end. */
	readonly ends: number[] = [];
	open = 0;
	mostOpen = 0;
	#next = 1;

	constructor(script: readonly Answer[]) {
		this.#script = script;
	}

	readonly fetch = (_url: unknown, init: RequestInit = {}): Promise<Response> => {
		const answer = this.#script[this.requests.length] ?? { kind: "status", status: 204 };
		this.requests.push({
			at: Date.now(),
			lastEventId: new Headers(init.headers).get("last-event-id"),
		});
		this.open++;
		this.mostOpen = Math.max(this.mostOpen, this.open);
		const signal = init.signal as AbortSignal;
		return new Promise((resolve, reject) => {
			const aborted = (): void => {
				this.#ended();
				reject(signal.reason);
			};
			if (answer.kind === "no answer") {
				signal.addEventListener("abort", aborted, { once: true });
				return;
			}
			if (answer.kind === "network") {
				this.#ended();
				reject(new TypeError("fetch failed"));
				return;
			}
			if (answer.kind === "stream") {
				const headers = { "content-type": "text/event-stream; charset=utf-8" };
				resolve(new Response(this.#body(answer, signal), { headers }));
				return;
			}
			this.#ended();
			const { status, retryAfter } =
				answer.kind === "status" ? answer : { status: 200, retryAfter: undefined };
			const headers = new Headers({ "content-type": "text/html" });
			if (retryAfter !== undefined) headers.set("retry-after", String(retryAfter));
			resolve(new Response(status === 204 ? null : "no", { status, headers }));
		});
	};

	#ended(): void {
		this.open--;
		this.ends.push(Date.now());
	}

	#body(
		{ events, end, retry }: Answer & { kind: "stream" },
		signal: AbortSignal,
	): ReadableStream<Uint8Array> {
		const encoder = new TextEncoder();
		let left = events;
		let over = false;
		const finish = (): boolean => {
			if (over) return false;
			over = true;
			this.#ended();
			return true;
		};
		return new ReadableStream({
			start: (controller) => {
				signal.addEventListener("abort", () => {
					if (finish()) controller.error(signal.reason);
				});
				controller.enqueue(encoder.encode(retry === undefined ? ": open\n" : `retry: ${retry}\n`));
			},
			pull: (controller) => {
				if (over) return;
				if (left > 0) {
					left--;
					const id = this.#next++;
					this.sent.push(id);
					controller.enqueue(encoder.encode(`id: ${id}\ndata: ${id} ü\n\n`));
					return;
				}
				if (end === "mute") return;
				// An event that is not whole is not an event, and the half character spoils nothing.
				if (end === "inside") controller.enqueue(encoder.encode(`id: 99\ndata: ü`).slice(0, -1));
				if (!finish()) return;
				if (end === "end") controller.close();
				else controller.error(new TypeError("terminated"));
			},
			cancel: () => {
				finish();
			},
		});
	}
}

/** Lets the clock run until the stream has closed. */
async function untilClosed(state: () => StreamState): Promise<void> {
	for (let steps = 0; state() !== "closed"; steps++) {
		if (steps > 10_000) throw new Error("the stream does not end");
		await vi.advanceTimersByTimeAsync(100);
	}
}

describe("the client and a server that does anything", () => {
	beforeEach(() => {
		vi.useFakeTimers();
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	const options = (server: ScriptedServer, onError?: (error: StreamError) => void) => ({
		fetch: server.fetch as typeof fetch,
		retry: { baseMs: BASE_MS, maxMs: MAX_MS, jitter: 0.5 },
		stallAfterMs: STALL_MS,
		connectTimeoutMs: CONNECT_MS,
		isFinal: (status: number) => status === 403,
		onUnauthorized: () => {},
		onError,
	});

	// Two answers of 401 in a row end the stream.
	it("gives every event once and in order, from where it was, by one request at a time, no sooner than it may", async () => {
		await fc.assert(
			fc.asyncProperty(answers, last, async (script, end) => {
				const whole: Answer[] = [...script, end];
				const server = new ScriptedServer(whole);
				const received: string[] = [];
				const errors: StreamError[] = [];
				const stream = openStream(
					"http://server.test/",
					options(server, (error) => errors.push(error)),
				);
				stream.on("message", ({ data }) => received.push(data as string));
				await untilClosed(() => stream.state);

				expect(received).toEqual(server.sent.map((id) => `${id} ü`));
				expect(server.mostOpen).toBe(1);
				expect(server.open).toBe(0);
				let position: number | undefined;
				let retryMs = 0;
				let sent = 0;
				for (const [index, { at, lastEventId }] of server.requests.entries()) {
					expect(lastEventId).toBe(position === undefined ? null : String(position));
					const before = whole[index - 1];
					if (before !== undefined && !(before.kind === "status" && before.status === 401)) {
						const waited = at - (server.ends[index - 1] ?? 0);
						const retryAfterMs = before.kind === "status" ? (before.retryAfter ?? 0) * 1_000 : 0;
						const askedMs = Math.max(retryMs, retryAfterMs);
						expect(waited).toBeGreaterThanOrEqual(Math.max((retryMs || BASE_MS) / 2, askedMs) - 1);
						expect(waited).toBeLessThanOrEqual(Math.max(MAX_MS, askedMs * 1.5) + 1);
					}
					const answer = whole[index];
					if (answer?.kind === "stream") {
						retryMs = answer.retry === undefined ? retryMs : Math.max(answer.retry, BASE_MS);
						sent += answer.events;
						if (sent > 0) position = sent;
					}
				}
				const final = errors.filter((error) => error.final);
				expect(final).toHaveLength(stream.error === undefined ? 0 : 1);
				expect(vi.getTimerCount()).toBe(0);
			}),
			{ numRuns: RUNS },
		);
	});

	it("does nothing after close, whenever that is", async () => {
		await fc.assert(
			fc.asyncProperty(answers, fc.nat(20_000), async (script, closeAtMs) => {
				const server = new ScriptedServer(script);
				const received: unknown[] = [];
				const stream = openStream("http://server.test/", options(server));
				stream.on("message", (event) => received.push(event));
				await vi.advanceTimersByTimeAsync(closeAtMs);
				stream.close();
				const before = [received.length, server.requests.length];
				await vi.advanceTimersByTimeAsync(60_000);
				expect([received.length, server.requests.length]).toEqual(before);
				expect(server.open).toBe(0);
				expect(vi.getTimerCount()).toBe(0);
				expect(stream.state).toBe("closed");
			}),
			{ numRuns: RUNS },
		);
	});

	// From a listener of `onState` the next attempt went on, and the pause before it.
	it("does nothing after close in a callback, whichever that is", async () => {
		await fc.assert(
			fc.asyncProperty(answers, fc.nat(40), async (script, closeAt) => {
				const server = new ScriptedServer(script);
				let calls = 0;
				let requests = 0;
				const onCall = (): void => {
					if (++calls !== closeAt) return;
					stream.close();
					requests = server.requests.length;
				};
				const given = options(server, onCall);
				const stream = openStream("http://server.test/", {
					...given,
					headers: () => {
						onCall();
						return {};
					},
					isFinal: (status) => {
						onCall();
						return given.isFinal(status);
					},
					onUnauthorized: onCall,
					parse: (text) => {
						onCall();
						if (calls === closeAt) throw new Error("of this event nothing is wanted");
						return text;
					},
				});
				stream.on("message", onCall);
				stream.onState((state) => {
					if (state !== "closed") onCall();
				});
				await vi.advanceTimersByTimeAsync(0);
				while (stream.state !== "closed") await vi.advanceTimersToNextTimerAsync();
				expect(vi.getTimerCount()).toBe(0);
				expect(server.open).toBe(0);
				if (closeAt > 0 && calls >= closeAt) {
					expect([calls, server.requests.length]).toEqual([closeAt, requests]);
				}
			}),
			{ numRuns: RUNS },
		);
	});
});
