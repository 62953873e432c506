/**
 * The items of a route that streams: what interceptors and `toEvent` make of them.
 */
import {
	ClassSerializerInterceptor,
	Controller,
	type MessageEvent,
	type NestInterceptor,
	NotFoundException,
	UseInterceptors,
} from "@nestjs/common";
import { APP_INTERCEPTOR } from "@nestjs/core";
import { collectComplaints } from "@sse-service/testing";
import { Exclude } from "class-transformer";
import { concat, filter, map, type Observable, of, Subject, throwError } from "rxjs";
import { createSSEService, type SSEConnection, type SSEMessage } from "sse-service";
import { describe, expect, it } from "vitest";
import { fromMessageEvent, SseStream } from "../../src/index.js";
import { type AppFixture, adding, turn } from "../app.js";

/** The claims about items. */
export function claimItems(its: AppFixture): void {
	const { start, open, read, answer } = its;

	describe("a route that streams", () => {
		it("has interceptors of every kind see each item, in Nest's order", async () => {
			@Controller()
			@UseInterceptors(adding("c"))
			class Streams {
				@UseInterceptors(adding("m"))
				@SseStream("observable")
				observable() {
					return of("1", "2");
				}

				@SseStream("iterable")
				@UseInterceptors(adding("m"))
				iterable() {
					return ["1", "2"];
				}
			}
			await start(
				{
					controllers: [Streams],
					providers: [{ provide: APP_INTERCEPTOR, useValue: adding("a") }],
				},
				(app) => app.useGlobalInterceptors(adding("g")),
			);
			expect(await read("/observable")).toEqual(["1mcga", "2mcga"]);
			expect(await read("/iterable")).toEqual(["1mcga", "2mcga"]);
		});

		it("may have an interceptor that drops or serializes items, or answers for the handler", async () => {
			class User {
				readonly name = "ada";
				@Exclude() readonly password = "secret";
			}
			const even: NestInterceptor = {
				intercept: (_context, next) => next.handle().pipe(filter((n: number) => n % 2 === 0)),
			};
			const cached: NestInterceptor = { intercept: () => of("cached") };

			@Controller()
			class Streams {
				@UseInterceptors(even)
				@SseStream("even")
				even() {
					return [1, 2, 3, 4, 5];
				}

				@UseInterceptors(ClassSerializerInterceptor)
				@SseStream("user")
				async *user() {
					yield new User();
				}

				@UseInterceptors(cached)
				@SseStream("cached")
				cached() {
					return ["fresh"];
				}
			}
			await start({ controllers: [Streams] });
			expect(await read("/even")).toEqual(["2", "4"]);
			expect(await read("/user")).toEqual(['{"name":"ada"}']);
			expect(await read("/cached")).toEqual(["cached"]);
		});

		// Its promises were refused as data: the stream ended, and EventSource came back forever.
		it("awaits the promises that an interceptor makes of items, in their order", async () => {
			const looking: NestInterceptor = {
				intercept: (_context, next) =>
					next.handle().pipe(
						map(async (n: number) => {
							// The first takes longest.
							for (let turns = 10 - n; turns > 0; turns--) await turn();
							if (n === 4) throw new NotFoundException("no such item");
							return n * 10;
						}),
					),
			};
			const some: NestInterceptor = {
				intercept: (_context, next) =>
					next.handle().pipe(map((n: number) => (n === 2 ? Promise.resolve("two") : n))),
			};

			@Controller()
			class Streams {
				@UseInterceptors(looking)
				@SseStream("observable")
				observable() {
					return of(1, 2, 3);
				}

				@UseInterceptors(looking)
				@SseStream("iterable")
				iterable() {
					return [1, 2, 3];
				}

				@UseInterceptors(some)
				@SseStream("some")
				some() {
					const subject = new Subject<number>();
					setTimeout(() => {
						for (const n of [1, 2, 3]) subject.next(n);
						subject.complete();
					}, 10);
					return subject;
				}

				@UseInterceptors(looking)
				@SseStream("late")
				late() {
					return of(3, 4, 4);
				}

				@SseStream("early")
				async early() {
					return of(Promise.reject(new NotFoundException("no such list")));
				}
			}
			await start({ controllers: [Streams] });
			const { status, text } = await answer("/early");
			expect([status, JSON.parse(text).message]).toEqual([404, "no such list"]);
			expect(await read("/observable")).toEqual(["10", "20", "30"]);
			expect(await read("/iterable")).toEqual(["10", "20", "30"]);
			expect(await read("/some")).toEqual(["1", "two", "3"]);
			expect(await read("/late")).toEqual(["30"]);
			expect(its.running.errors.map(String)).toEqual([expect.stringContaining("no such item")]);
			expect(its.service.stats().closes).toEqual({ server: 3, error: 1 });
		});

		// It was sent as an event without data; what it rejected with later ended the process.
		it("awaits the promises that toEvent returns, in their order, whatever the source", async () => {
			const complaints = collectComplaints("unhandledRejection");
			const toEvent = async (n: number): Promise<SSEMessage> => {
				// The first takes longest.
				for (let turns = 10 - n; turns > 0; turns--) await turn();
				if (n === 4) throw new Error("no such event");
				return { data: n * 10 };
			};
			const subject = new Subject<number>();
			let newest: SSEConnection | undefined;
			its.service = createSSEService({
				onConnect: ({ connection }) => {
					newest = connection;
				},
			});

			@Controller()
			class Streams {
				@SseStream("observable", { toEvent })
				observable() {
					return of(1, 2, 3);
				}

				@SseStream("iterable", { toEvent })
				iterable() {
					return [1, 2, 3];
				}

				@SseStream("some", { toEvent: (n: number) => (n === 2 ? toEvent(n) : { data: n }) })
				some() {
					return subject;
				}

				@SseStream("late", { toEvent })
				late() {
					return of(3, 4, 4);
				}

				@SseStream("failing", { toEvent })
				failing() {
					return concat(
						of(3),
						throwError(() => new Error("no more items")),
					);
				}

				@SseStream("left", {
					toEvent: (n: number) => {
						newest?.close();
						return toEvent(n);
					},
				})
				left() {
					return of(4);
				}
			}
			await start({ controllers: [Streams] });
			expect(await read("/observable")).toEqual(["10", "20", "30"]);
			expect(await read("/iterable")).toEqual(["10", "20", "30"]);
			const some = await open("/some");
			for (const n of [1, 2, 3]) subject.next(n);
			subject.complete();
			expect(await some.ended).toBe(true);
			expect(some.events.map(({ data }) => data)).toEqual(["1", "20", "3"]);
			expect(its.service.stats().closes).toEqual({ server: 3 });
			expect(await read("/late")).toEqual(["30"]);
			expect(String(its.running.errors.pop())).toContain("no such event");
			expect(await read("/failing")).toEqual(["30"]);
			expect(String(its.running.errors.pop())).toContain("no more items");
			expect(its.service.stats().closes).toEqual({ server: 3, error: 2 });

			expect(await read("/left")).toEqual([]);
			for (let turns = 0; turns < 10; turns++) await turn();
			expect([complaints.stop(), its.running.errors]).toEqual([[], []]);
		});

		it("runs a query that toEvent returns once, which begins when it is awaited", async () => {
			let runs = 0;
			const toEvent = (n: number): PromiseLike<SSEMessage> => {
				const query: object = {
					// biome-ignore lint/suspicious/noThenProperty: what a query builder is.
					then: (answer: (event: SSEMessage) => void) => {
						runs++;
						answer({ data: n });
					},
				};
				return query as PromiseLike<SSEMessage>;
			};

			@Controller()
			class Streams {
				@SseStream("query", { toEvent })
				query() {
					return of(1, 2);
				}
			}
			await start({ controllers: [Streams] });
			expect(await read("/query")).toEqual(["1", "2"]);
			expect(runs).toBe(2);
		});

		it.each([undefined, null, 7, "text"])(
			"ends when toEvent returns no event but %s, and says so",
			async (event) => {
				const toEvent = (item: string): SSEMessage =>
					item === "a" ? { data: item } : (event as never);

				@Controller()
				class Streams {
					@SseStream("observable", { toEvent })
					observable() {
						return of("a", "b", "a");
					}

					@SseStream("iterable", { toEvent })
					iterable() {
						return ["a", "b", "a"];
					}
				}
				await start({ controllers: [Streams] });
				for (const path of ["/observable", "/iterable"]) {
					expect(await read(path)).toEqual(["a"]);
					expect(its.running.errors.map(String)).toEqual([
						expect.stringContaining("toEvent must return an event"),
					]);
					its.running.errors.pop();
				}
			},
		);

		it("takes the events of Nest's own @Sse with fromMessageEvent", async () => {
			@Controller()
			class Streams {
				@SseStream("messages", { toEvent: fromMessageEvent })
				messages(): Observable<MessageEvent | string | null> {
					return of({ data: { n: 1 }, type: "tick", id: "7", retry: 500 }, "plain", null, {
						data: "no more",
					});
				}
			}
			await start({ controllers: [Streams] });
			const stream = await open("/messages");
			await stream.ended;
			expect(stream.events).toEqual([
				{ data: '{"n":1}', event: "tick", id: "7" },
				{ data: "plain" },
				{ data: "null" },
				{ data: "no more" },
			]);
			expect(stream.retries).toEqual([500]);
		});
	});
}
