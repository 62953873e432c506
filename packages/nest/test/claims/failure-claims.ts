/**
 * A route that fails: before its first item, later, or because something is missing.
 */
import {
	type ArgumentsHost,
	BadRequestException,
	Catch,
	Controller,
	type ExceptionFilter,
	ImATeapotException,
	type NestInterceptor,
	NotFoundException,
	RequestTimeoutException,
	UseFilters,
	UseInterceptors,
} from "@nestjs/common";
import { collectComplaints, eventually } from "@sse-service/testing";
import { concat, firstValueFrom, merge, mergeMap, of, Subject, throwError } from "rxjs";
import { createSSEService } from "sse-service";
import { describe, expect, it } from "vitest";
import { SseModule, SseStream } from "../../src/index.js";
import { type AppFixture, turn } from "../app.js";

/** The claims about failures. */
export function claimFailures(its: AppFixture): void {
	const { start, read, answer } = its;

	describe("a route that streams", () => {
		// The promise was dropped, and what it rejected with later ended the process.
		it("takes a promise that a function returns like a generator: its failure is answered, or later ends the stream", async () => {
			const complaints = collectComplaints("unhandledRejection");
			// As a time limit does, before the handler has returned its function.
			const failing: NestInterceptor = {
				intercept: (_context, next) =>
					merge(
						next.handle(),
						begun.pipe(
							mergeMap(() => {
								throw new RequestTimeoutException();
							}),
						),
					),
			};
			const begun = new Subject<void>();
			const answered = new Subject<void>();
			let isAsked = false;

			@Controller()
			class Streams {
				@SseStream("early")
				early() {
					return async (): Promise<string[]> => {
						throw new ImATeapotException("no coffee");
					};
				}

				@SseStream("late")
				late() {
					return async (): Promise<string[]> => {
						await turn();
						throw new Error("too late");
					};
				}

				@UseInterceptors(failing)
				@SseStream("unread")
				async unread() {
					const isAnswered = firstValueFrom(answered);
					begun.next();
					await isAnswered;
					return async (): Promise<string[]> => {
						isAsked = true;
						throw new Error("nobody reads it");
					};
				}
			}
			await start({ controllers: [Streams] });
			expect(await answer("/early")).toMatchObject({ status: 418 });
			expect(await answer("/unread")).toMatchObject({ status: 408 });
			answered.next();
			await eventually(() => isAsked);
			await turn();
			expect(await read("/late")).toEqual([]);
			await turn();
			expect(its.running.errors).toEqual([expect.stringContaining("too late")]);
			expect(complaints.stop()).toEqual([]);
		});

		it("has exception filters answer what fails before the first item", async () => {
			@Catch(NotFoundException)
			class Filter implements ExceptionFilter {
				catch(_exception: unknown, host: ArgumentsHost): void {
					const response = host.switchToHttp().getResponse();
					response.status(410).header("x-filter", "yes").send("gone");
				}
			}

			@Controller()
			class Streams {
				@SseStream("throws")
				throws(): string[] {
					throw new ImATeapotException("no coffee");
				}

				@SseStream("rejects")
				async rejects(): Promise<string[]> {
					await turn();
					throw new BadRequestException("not that");
				}

				@UseFilters(Filter)
				@SseStream("filter")
				filter() {
					return throwError(() => new NotFoundException());
				}

				@SseStream("generator")
				async *generator() {
					yield await Promise.reject(new NotFoundException("no such list"));
				}
			}
			await start({ controllers: [Streams] });
			expect(await answer("/throws")).toMatchObject({ status: 418 });
			expect(await answer("/rejects")).toMatchObject({ status: 400 });
			expect(await answer("/filter")).toEqual({ status: 410, text: "gone" });
			const { status, text } = await answer("/generator");
			expect([status, JSON.parse(text).message]).toEqual([404, "no such list"]);
			expect(its.running.errors).toEqual([]);
		});

		// Only the log had it: what watches an application for errors heard nothing.
		it("logs what fails later, once, passes it to onError, and ends the stream with reason error after what was sent", async () => {
			let filtered = 0;
			const heard: unknown[] = [];
			const ends: unknown[] = [];
			its.service = createSSEService({
				onError: (error, { stage }) => heard.push([stage, String(error)]),
				onDisconnect: ({ reason, error }) => ends.push([reason, String(error)]),
			});
			const doubling: NestInterceptor = {
				intercept: (_context, next) =>
					next.handle().pipe(
						mergeMap((item) =>
							concat(
								of(item, item),
								throwError(() => new Error("too late")),
							),
						),
					),
			};

			@Catch()
			class Filter implements ExceptionFilter {
				catch(): void {
					filtered++;
				}
			}

			@Controller()
			@UseFilters(Filter)
			class Streams {
				@SseStream("observable")
				observable() {
					const subject = new Subject<string>();
					setImmediate(() => {
						subject.next("a");
						subject.error(new Error("too late"));
					});
					return subject;
				}

				@SseStream("generator")
				*generator() {
					yield "a";
					throw new BadRequestException("too late");
				}

				@SseStream("unsendable")
				unsendable() {
					return of("a", 1n);
				}

				@UseInterceptors(doubling)
				@SseStream("interceptor")
				*interceptor() {
					yield "a";
				}

				@SseStream("mapping", {
					toEvent: (item: string) => ({ data: item, event: item === "a" ? "" : "b\n" }),
				})
				*mapping() {
					yield "a";
					yield "b";
				}
			}
			await start({ controllers: [Streams] });
			for (const path of ["observable", "generator", "unsendable", "mapping"]) {
				expect([path, await read(`/${path}`)]).toEqual([path, ["a"]]);
				expect(its.running.errors, path).toHaveLength(1);
				expect(String(its.running.errors.pop())).toMatch(/too late|serializ|event/i);
			}
			expect(await read("/interceptor")).toEqual(["a", "a"]);
			expect(its.running.errors.map(String)).toEqual([expect.stringContaining("too late")]);
			expect(its.service.stats().closes).toEqual({ error: 5 });
			expect(filtered).toBe(0);
			expect(heard).toHaveLength(5);
			expect(heard).toContainEqual(["handler", "Error: too late"]);
			expect(ends.map((each) => ["handler", (each as string[])[1]])).toEqual(heard);
		});

		it("answers a handler that returns something else with a clear error", async () => {
			@Controller()
			class Streams {
				@SseStream("text")
				text() {
					return "text";
				}

				@SseStream("object")
				object() {
					return { data: 1 } as unknown as string[];
				}
			}
			await start({ controllers: [Streams] });
			expect((await answer("/text")).status).toBe(500);
			expect((await answer("/object")).status).toBe(500);
			expect(its.running.errors.map(String).join()).toMatch(/must be iterable.*must be iterable/);
		});

		it.each([
			["no SseModule", {}, "SseModule.forRoot()"],
			["none of its name", { service: "admin" }, 'SseModule.forRoot({ name: "admin" })'],
		])(
			"fails with a message that says what to import when there is %s",
			async (_what, options, hint) => {
				@Controller()
				class Streams {
					@SseStream("events", options)
					events() {}
				}
				const imports = "service" in options ? [SseModule.forRoot({ service: its.service })] : [];
				await start({ controllers: [Streams], imports });
				expect((await answer("/events")).status).toBe(500);
				expect(its.running.errors.map(String).join()).toContain(hint);
			},
		);
	});
}
