/**
 * The source of a route that streams: how fast it is read, and when it is released.
 */
import {
	Controller,
	type NestInterceptor,
	NotFoundException,
	UseInterceptors,
} from "@nestjs/common";
import { eventually, openBlockedReader } from "@sse-service/testing";
import { filter, type Observable, Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { SseStream } from "../../src/index.js";
import { type AppFixture, adding } from "../app.js";

/** The claims about sources. */
export function claimSources(its: AppFixture): void {
	const { start, open, read, answer } = its;

	describe("a route that streams", () => {
		it("releases its source when the client leaves", async () => {
			const subject = new Subject<string>();
			let isClosed = false;
			let isCancelled = false;
			let signal: AbortSignal | undefined;

			@Controller()
			class Streams {
				@SseStream("observable")
				observable(): Observable<string> {
					return subject;
				}

				@SseStream("iterator")
				iterator(): AsyncIterable<string> {
					return {
						[Symbol.asyncIterator]: () => ({
							next: () => new Promise(() => {}),
							return: async () => {
								isClosed = true;
								return { done: true, value: undefined };
							},
						}),
					};
				}

				@SseStream("function")
				function() {
					return async function* (given: AbortSignal) {
						signal = given;
						yield await new Promise<string>((_resolve, reject) => {
							given.addEventListener("abort", () => reject(given.reason));
						});
					};
				}

				@SseStream("body")
				body() {
					const cancel = (): void => {
						isCancelled = true;
					};
					// As the body of a `fetch`: it is idle.
					return async () => new ReadableStream<string>({ cancel });
				}
			}
			await start({ controllers: [Streams] });
			for (const path of ["observable", "iterator", "function", "body"]) {
				const stream = await open(`/${path}`);
				stream.abort();
				await eventually(() => its.service.stats().connections === 0);
			}
			await eventually(() => !subject.observed && signal?.aborted === true && isCancelled);
			expect(signal?.reason).toMatchObject({ code: "ERR_SSE_CONNECTION_CLOSED", reason: "client" });
			expect(isClosed).toBe(true);
			expect(its.running.errors).toEqual([]);
		});

		it("reads an iterable no faster than the client does, and closes it when the client leaves", async () => {
			const chunk = "x".repeat(64_000);
			let given = 0;
			let isClosed = false;

			@Controller()
			class Streams {
				@SseStream("endless")
				@UseInterceptors(adding("!"))
				*endless() {
					try {
						for (;;) {
							given++;
							yield chunk;
						}
					} finally {
						isClosed = true;
					}
				}
			}
			await start({ controllers: [Streams] });
			const reader = await openBlockedReader(Number(new URL(its.running.url).port), "/endless");
			let before = 0;
			let looks = 0;
			await eventually(() => {
				looks = given === before ? looks + 1 : 0;
				before = given;
				return looks === 50;
			}, "the source to be left alone");
			reader.abort();
			await eventually(() => isClosed);
			// Not because it was behind.
			expect(its.service.stats().closes).toEqual({ client: 1 });
		});

		it("lets other work run while interceptors drop the items of an iterable", async () => {
			let given = 0;
			let isStopped = false;
			const none: NestInterceptor = {
				intercept: (_context, next) => next.handle().pipe(filter(() => false)),
			};

			@Controller()
			class Streams {
				@UseInterceptors(none)
				@SseStream("numbers")
				*numbers() {
					setImmediate(() => {
						isStopped = true;
					});
					while (!isStopped && given < 100_000) yield given++;
				}
			}
			await start({ controllers: [Streams] });
			expect(await read("/numbers")).toEqual([]);
			expect(given).toBeLessThan(100);
		});

		it("closes no iterable that has ended or thrown", async () => {
			const closed: string[] = [];
			const iterableOf = (name: string, next: () => IteratorResult<string>): Iterable<string> => ({
				[Symbol.iterator]: () => ({
					next,
					return: () => {
						closed.push(name);
						return { done: true, value: undefined };
					},
				}),
			});

			@Controller()
			class Streams {
				@SseStream("ends")
				ends() {
					return iterableOf("ends", () => ({ done: true, value: undefined }));
				}

				@SseStream("throws")
				throws() {
					return iterableOf("throws", () => {
						throw new NotFoundException();
					});
				}

				@SseStream("goes-on")
				goesOn() {
					return iterableOf("goes-on", () => ({ done: false, value: "a" }));
				}
			}
			await start({ controllers: [Streams] });
			expect((await answer("/throws")).status).toBe(404);
			expect(await read("/ends")).toEqual([]);
			const stream = await open("/goes-on");
			stream.abort();
			await eventually(() => closed.length > 0);
			expect(closed).toEqual(["goes-on"]);
		});
	});
}
