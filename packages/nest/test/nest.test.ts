/**
 * What is Nest's own: enhancers around a route that streams, what handlers may return, modules and injection.
 */
import "reflect-metadata";
import {
	type ArgumentsHost,
	BadRequestException,
	Body,
	type CallHandler,
	type CanActivate,
	Catch,
	ClassSerializerInterceptor,
	Controller,
	type ExceptionFilter,
	type ExecutionContext,
	Get,
	ImATeapotException,
	type INestApplication,
	Inject,
	Injectable,
	type MessageEvent,
	Module,
	type ModuleMetadata,
	type NestInterceptor,
	NotFoundException,
	Param,
	ParseIntPipe,
	Query,
	Req,
	RequestMethod,
	Res,
	Scope,
	SetMetadata,
	UnauthorizedException,
	UseFilters,
	UseGuards,
	UseInterceptors,
	Version,
	VersioningType,
} from "@nestjs/common";
import { APP_INTERCEPTOR, Reflector } from "@nestjs/core";
import nestCore from "@nestjs/core/package.json" with { type: "json" };
import { eventually, openBlockedReader, openStream } from "@sse-service/testing";
import type { Middleware } from "@sse-service/testing/adapter";
import { stopDrainClock } from "@sse-service/testing/drain-clock";
import { Exclude } from "class-transformer";
import {
	concat,
	EMPTY,
	filter,
	map,
	mergeMap,
	type Observable,
	of,
	Subject,
	throwError,
} from "rxjs";
import {
	connectSSE,
	createSSEService,
	type SSEConnection,
	type SSEMessage,
	type SSEService,
} from "sse-service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
	fromMessageEvent,
	getSseToken,
	InjectSse,
	SseModule,
	type SseOptions,
	SseService,
	SseStream,
} from "../src/index.js";
import { NEST, PLATFORMS, type RunningApp, startApp } from "./platform.js";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An interceptor that adds a letter to what passes it. */
function adding(letter: string): NestInterceptor {
	return {
		intercept: (_context: ExecutionContext, next: CallHandler) =>
			next.handle().pipe(map((item) => item + letter)),
	};
}

it("these tests run on the Nest version they are for", () => {
	expect(nestCore.version.split(".")[0]).toBe(NEST);
});

describe.each(PLATFORMS)(`Nest ${NEST} on %s`, (platform) => {
	let service: SSEService;
	let running: RunningApp;

	beforeEach(() => {
		service = createSSEService();
	});

	afterEach(() => running.app.close());

	/** Start an app with these parts, and the service unless they have their own. */
	async function start(
		metadata: ModuleMetadata,
		configure?: (app: INestApplication) => unknown,
		use: readonly Middleware[] = [],
	): Promise<void> {
		@Module({ imports: [SseModule.forRoot({ service })], ...metadata })
		class App {}
		running = await startApp(App, platform, use, configure);
	}

	const open = (path: string, options = {}) => openStream(running.url + path, options);

	/** Open a stream and read it to its end. */
	async function read(path: string, options = {}): Promise<unknown[]> {
		const stream = await open(path, options);
		expect(stream.status).toBe(200);
		expect(await stream.ended).toBe(true);
		return stream.events.map(({ data }) => data);
	}

	/** Open a response that is no stream, and read it. */
	async function answer(path: string, options = {}): Promise<{ status: number; text: string }> {
		const response = await open(path, options);
		await response.ended;
		expect(response.headers["content-type"]).not.toBe("text/event-stream");
		expect(service.stats().connectionsOpened).toBe(0);
		return { status: response.status, text: response.text };
	}

	describe("a route that streams", () => {
		it("ends with its Observable, its iterable, or what a function or a promise gives of these", async () => {
			@Controller()
			class Streams {
				@SseStream("observable")
				observable() {
					return of("a", { b: 1 });
				}

				@SseStream("array")
				array() {
					return ["a", "b"];
				}

				@SseStream("generator")
				async *generator() {
					yield "a";
					await turn();
					yield "b";
				}

				@SseStream("function")
				function() {
					return (signal: AbortSignal) => [String(signal.aborted)];
				}

				@SseStream("promise")
				async promise() {
					await turn();
					return of("a", "b");
				}

				@SseStream("thenable")
				thenable(): PromiseLike<string[]> {
					const query: PromiseLike<string[]> & AsyncIterable<string> = {
						// biome-ignore lint/suspicious/noThenProperty: as the queries of some libraries.
						then: (onFulfilled, onRejected) => Promise.resolve(["a"]).then(onFulfilled, onRejected),
						[Symbol.asyncIterator]: () => {
							throw new Error("a query that is awaited is not iterated");
						},
					};
					return query;
				}

				@SseStream("empty")
				empty() {
					return EMPTY;
				}
			}
			await start({ controllers: [Streams] });
			expect(await read("/observable")).toEqual(["a", '{"b":1}']);
			expect(await read("/array")).toEqual(["a", "b"]);
			expect(await read("/generator")).toEqual(["a", "b"]);
			expect(await read("/function")).toEqual(["false"]);
			expect(await read("/promise")).toEqual(["a", "b"]);
			expect(await read("/thenable")).toEqual(["a"]);
			expect(await read("/empty")).toEqual([]);
			expect(service.stats().closes).toEqual({ server: 7 });
			expect(running.errors).toEqual([]);
		});

		it("stays open when its handler returns nothing, whatever interceptors make of that", async () => {
			@Controller()
			class Streams {
				@SseStream("plain")
				plain() {}

				@UseInterceptors(adding("!"))
				@SseStream("intercepted")
				async intercepted() {
					await turn();
				}
			}
			await start({ controllers: [Streams] });
			const streams = [await open("/plain"), await open("/intercepted")];
			expect(service.send("all", "hello")).toBe(2);
			for (const stream of streams) expect(await stream.take(1)).toEqual([{ data: "hello" }]);
		});

		it("asks who connects, after guards and before the handler", async () => {
			const order: string[] = [];

			class SignIn implements CanActivate {
				canActivate(context: ExecutionContext): boolean {
					order.push("guard");
					const request = context.switchToHttp().getRequest();
					request.user = { id: request.query.user };
					return true;
				}
			}

			@Controller()
			class Streams {
				@UseGuards(SignIn)
				@SseStream("events", {
					params: async (request: { user: { id?: string } }, context) => {
						order.push(`params of ${context.getHandler().name}`);
						await turn();
						if (request.user.id === undefined) throw new UnauthorizedException("who?");
						return { clientId: request.user.id, groups: ["news", "chat"] };
					},
				})
				events() {
					order.push("handler");
				}
			}
			await start({ controllers: [Streams] });
			expect(await answer("/events")).toMatchObject({ status: 401 });
			expect(order.splice(0)).toEqual(["guard", "params of events"]);
			const { status, text } = await answer("/events?user=");
			expect([status, JSON.parse(text).code]).toEqual([400, "ERR_SSE_INVALID_CLIENT_ID"]);
			order.length = 0;
			await open("/events?user=ada");
			expect(order).toEqual(["guard", "params of events", "handler"]);
			expect(service.send({ client: "ada", group: "chat" }, "x")).toBe(1);
		});

		it("answers 403 for its guards, which see what decorators above and below have noted", async () => {
			@Injectable()
			class Roles implements CanActivate {
				constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

				canActivate(context: ExecutionContext): boolean {
					const handler = context.getHandler();
					return (
						this.reflector.get("above", handler) === 1 && this.reflector.get("below", handler) === 2
					);
				}
			}

			@Controller()
			@UseGuards(Roles)
			class Streams {
				@SetMetadata("above", 1)
				@SseStream("allowed")
				@SetMetadata("below", 2)
				allowed() {
					return ["a"];
				}

				@SseStream("denied")
				@SetMetadata("below", 2)
				denied() {
					return ["a"];
				}
			}
			await start({ controllers: [Streams] });
			expect((await answer("/denied")).status).toBe(403);
			expect(await read("/allowed")).toEqual(["a"]);
		});

		it("answers 400 for its pipes", async () => {
			@Controller()
			class Streams {
				@SseStream("count/:to")
				*count(@Param("to", ParseIntPipe) to: number) {
					for (let n = 1; n <= to; n++) yield n;
				}
			}
			await start({ controllers: [Streams] });
			expect((await answer("/count/x")).status).toBe(400);
			expect(await read("/count/2")).toEqual(["1", "2"]);
		});

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
			expect(running.errors.map(String)).toEqual([expect.stringContaining("no such item")]);
			expect(service.stats().closes).toEqual({ server: 3, error: 1 });
		});

		// It was sent as an event without data; what it rejected with later ended the process.
		it("awaits the promises that toEvent returns, in their order, whatever the source", async () => {
			const unhandled: unknown[] = [];
			const note = (error: unknown): number => unhandled.push(error);
			process.on("unhandledRejection", note);
			const toEvent = async (n: number): Promise<SSEMessage> => {
				// The first takes longest.
				for (let turns = 10 - n; turns > 0; turns--) await turn();
				if (n === 4) throw new Error("no such event");
				return { data: n * 10 };
			};
			const subject = new Subject<number>();
			let newest: SSEConnection | undefined;
			service = createSSEService({
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
			expect(service.stats().closes).toEqual({ server: 3 });
			expect(await read("/late")).toEqual(["30"]);
			expect(String(running.errors.pop())).toContain("no such event");
			expect(await read("/failing")).toEqual(["30"]);
			expect(String(running.errors.pop())).toContain("no more items");
			expect(service.stats().closes).toEqual({ server: 3, error: 2 });

			expect(await read("/left")).toEqual([]);
			for (let turns = 0; turns < 10; turns++) await turn();
			process.off("unhandledRejection", note);
			expect([unhandled, running.errors]).toEqual([[], []]);
		});

		// The promise was dropped, and what it rejected with later ended the process.
		it("observes a promise that a function returns in place of an iterable", async () => {
			const unhandled: unknown[] = [];
			const note = (error: unknown): number => unhandled.push(error);
			process.on("unhandledRejection", note);

			@Controller()
			class Streams {
				@SseStream("function")
				function() {
					return (async () => {
						await turn();
						throw new Error("too late");
					}) as never;
				}
			}
			await start({ controllers: [Streams] });
			expect((await answer("/function")).status).toBe(500);
			await turn();
			process.off("unhandledRejection", note);
			expect(unhandled).toEqual([]);
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
			expect(running.errors).toEqual([]);
		});

		// Only the log had it: what watches an application for errors heard nothing.
		it("logs what fails later, once, passes it to onError, and ends the stream with reason error after what was sent", async () => {
			let filtered = 0;
			const heard: unknown[] = [];
			const ends: unknown[] = [];
			service = createSSEService({
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
				expect(running.errors, path).toHaveLength(1);
				expect(String(running.errors.pop())).toMatch(/too late|serializ|event/i);
			}
			expect(await read("/interceptor")).toEqual(["a", "a"]);
			expect(running.errors.map(String)).toEqual([expect.stringContaining("too late")]);
			expect(service.stats().closes).toEqual({ error: 5 });
			expect(filtered).toBe(0);
			expect(heard).toHaveLength(5);
			expect(heard).toContainEqual(["handler", "Error: too late"]);
			expect(ends.map((each) => ["handler", (each as string[])[1]])).toEqual(heard);
		});

		it("releases its source when the client leaves", async () => {
			const subject = new Subject<string>();
			let isClosed = false;
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
			}
			await start({ controllers: [Streams] });
			for (const path of ["observable", "iterator", "function"]) {
				const stream = await open(`/${path}`);
				stream.abort();
				await eventually(() => service.stats().connections === 0);
			}
			await eventually(() => !subject.observed && signal?.aborted === true);
			expect(signal?.reason).toMatchObject({ code: "ERR_SSE_CONNECTION_CLOSED", reason: "client" });
			expect(isClosed).toBe(true);
			expect(running.errors).toEqual([]);
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
			const reader = await openBlockedReader(Number(new URL(running.url).port), "/endless");
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
			expect(service.stats().closes).toEqual({ client: 1 });
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

		it("streams to a POST with a body, with status 200", async () => {
			@Controller()
			class Streams {
				@SseStream("answer", { method: RequestMethod.POST })
				*answer(@Body() body: { prompt: string }) {
					yield* body.prompt.split(" ");
				}
			}
			await start({ controllers: [Streams] });
			const headers = { "Content-Type": "application/json" };
			const body = '{"prompt":"to be"}';
			expect(await read("/answer", { method: "POST", headers, body })).toEqual(["to", "be"]);
		});

		it("leaves parameters that are not decorated to their defaults, and rest parameters empty", async () => {
			@Controller()
			class Streams {
				@SseStream("defaults")
				defaults(@Query("a") a = "A", b = "B", ...rest: unknown[]) {
					return [a, b, rest.length];
				}

				@SseStream("response")
				response(@Res() res: { header(name: string, value: string): unknown }) {
					res.header("x-handler", "yes");
					return ["a"];
				}
			}
			await start({ controllers: [Streams] });
			expect(await read("/defaults")).toEqual(["A", "B", "0"]);
			expect(await read("/defaults?a=x")).toEqual(["x", "B", "0"]);
			expect((await open("/response")).headers["x-handler"]).toBe("yes");
		});

		it("may be in a controller that is made for each request", async () => {
			let made = 0;

			@Controller({ scope: Scope.REQUEST })
			class Streams {
				readonly number = ++made;
				constructor(@InjectSse() readonly sse: SseService) {}

				@SseStream("number")
				*streamNumber() {
					yield this.number;
					yield this.sse.stats().connections;
				}
			}
			await start({ controllers: [Streams] });
			expect(await read("/number")).toEqual(["1", "1"]);
			expect(await read("/number")).toEqual(["2", "1"]);
		});

		it("has a global prefix and versions, as any", async () => {
			@Controller("lists")
			class Streams {
				@Version("1")
				@SseStream("items")
				one() {
					return [1];
				}

				@SseStream(["items", "things"])
				@Version("2")
				two() {
					return [2];
				}
			}
			await start({ controllers: [Streams] }, (app) =>
				app.setGlobalPrefix("api").enableVersioning({ type: VersioningType.URI }),
			);
			expect(await read("/api/v1/lists/items")).toEqual(["1"]);
			expect(await read("/api/v2/lists/items")).toEqual(["2"]);
			expect(await read("/api/v2/lists/things")).toEqual(["2"]);
		});

		it("is a method as it was written to a test that calls it, and to one that overrides it", async () => {
			class Base {
				@SseStream("lists/:id")
				list(@Param("id") id: string): unknown[] {
					return [id];
				}
			}

			@Controller()
			class Streams extends Base {
				@SseStream("lists/:id")
				override list(@Param("id") id: string): unknown[] {
					return [...super.list(id), "more"];
				}
			}
			expect(new Streams().list("a")).toEqual(["a", "more"]);
			await start({ controllers: [Streams] });
			expect(await read("/lists/a")).toEqual(["a", "more"]);
		});

		it("takes the events of Nest's own @Sse with fromMessageEvent", async () => {
			@Controller()
			class Streams {
				@SseStream("messages", { toEvent: fromMessageEvent })
				messages(): Observable<MessageEvent | string> {
					return of({ data: { n: 1 }, type: "tick", id: "7", retry: 500 }, "plain", {
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
				{ data: "no more" },
			]);
			expect(stream.retries).toEqual([500]);
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
			expect(running.errors.map(String).join()).toMatch(/must be iterable.*must be iterable/);
		});

		it("answers HEAD with the stream's headers, and lets go of its source", async () => {
			const subject = new Subject<string>();

			@Controller()
			class Streams {
				@SseStream("events")
				events() {
					return subject;
				}
			}
			await start({ controllers: [Streams] });
			const response = await open("/events", { method: "HEAD" });
			expect([response.status, response.headers["content-type"]]).toEqual([
				200,
				"text/event-stream",
			]);
			await eventually(() => !subject.observed);
			expect(service.stats().connectionsOpened).toBe(0);
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
				const imports = "service" in options ? [SseModule.forRoot({ service })] : [];
				await start({ controllers: [Streams], imports });
				expect((await answer("/events")).status).toBe(500);
				expect(running.errors.map(String).join()).toContain(hint);
			},
		);
	});

	describe("connect", () => {
		it("ends its stream with reason error when the handler fails later, whatever filters would do", async () => {
			@Catch()
			class Filter implements ExceptionFilter {
				catch(_exception: unknown, host: ArgumentsHost): void {
					host.switchToHttp().getResponse().status(500).send({ filtered: true });
				}
			}

			@Controller()
			@UseFilters(Filter)
			class Streams {
				constructor(@Inject(SseService) private readonly sse: SseService) {}

				@Get("events")
				async events(@Req() req: never, @Res() res: never): Promise<void> {
					const { connection } = await this.sse.connect(req, res);
					connection.send("first");
					throw new BadRequestException("too late");
				}
			}
			const heard: unknown[] = [];
			service = createSSEService({
				onError: (error, { stage }) => heard.push([stage, String(error)]),
			});
			await start({ controllers: [Streams] });
			expect(await read("/events")).toEqual(["first"]);
			expect(heard).toEqual([["handler", "BadRequestException: too late"]]);
			expect(running.errors.map(String)).toEqual([expect.stringContaining("too late")]);
			expect(service.stats().closes).toEqual({ error: 1 });
		});

		it("rejects a refusal as an HttpException with its code, which a handler may answer", async () => {
			service = createSSEService({ maxConnections: 1 });

			@Controller()
			class Streams {
				constructor(@Inject(SseService) private readonly sse: SseService) {}

				@Get("events")
				async events(@Req() req: never, @Res() res: never): Promise<void> {
					await this.sse.connect(req, res, { clientId: "ada" });
				}

				@Get("caught")
				async caught(
					@Req() req: never,
					@Res() res: { status(code: number): { send(body: object): void }; raw: never },
				): Promise<void> {
					try {
						await this.sse.connect(req, res);
					} catch (error) {
						const { code } = error as { code: string };
						res.status(200).send({ instead: code });
					}
				}
			}
			await start({ controllers: [Streams] });
			await open("/events");
			const refused = await open("/events");
			await refused.ended;
			expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
				503,
				{ statusCode: 503, code: "ERR_SSE_MAX_CONNECTIONS" },
			]);
			const caught = await open("/caught");
			await caught.ended;
			expect(JSON.parse(caught.text)).toEqual({ instead: "ERR_SSE_MAX_CONNECTIONS" });
			expect(caught.headers["content-type"]).toMatch("application/json");
			expect(running.errors).toEqual([]);
		});

		it("leaves the answer to a refusal to exception filters, also to one that takes its time", async () => {
			service = createSSEService({ maxConnections: 1 });

			@Catch()
			class Filter implements ExceptionFilter {
				async catch(exception: { code: string }, host: ArgumentsHost): Promise<void> {
					for (let turns = 0; turns < 3; turns++) await turn();
					host.switchToHttp().getResponse().status(418).send({ filtered: exception.code });
				}
			}

			@Controller()
			@UseFilters(Filter)
			class Streams {
				@SseStream("events")
				events() {}
			}
			await start({ controllers: [Streams] });
			await open("/events");
			const refused = await open("/events");
			await refused.ended;
			expect(refused.status).toBe(418);
			expect(JSON.parse(refused.text)).toEqual({ filtered: "ERR_SSE_MAX_CONNECTIONS" });
			expect(running.errors).toEqual([]);
		});

		it("is one way among others: the documented example runs in a controller", async () => {
			let onDisconnect = (): void => {};
			const disconnected = new Promise<void>((resolve) => {
				onDisconnect = resolve;
			});

			@Controller()
			class SseController {
				@Get("sse")
				public sse(
					@Req() req: { query: { user: string }; raw: never },
					@Res() res: { getHeaders(): Record<string, string>; raw: never },
				) {
					connectSSE({
						clientId: req.query.user,
						req,
						res,
						originalResHeaders: res.getHeaders(),
						onDisconnectCb: () => onDisconnect(),
					});
				}
			}
			await start({ controllers: [SseController], imports: [SseModule.forRoot()] }, undefined, [
				"cors",
			]);
			const stream = await open("/sse?user=ada", { headers: { Origin: "https://example.com" } });
			expect(stream.headers["access-control-allow-origin"]).toBe("https://example.com");
			const sse = running.app.get(SseService);
			expect(sse.send({ client: "ada" }, { hello: 1 })).toBe(1);
			expect(await stream.take(1)).toEqual([{ data: '{"hello":1}' }]);
			// Not opened through the module, so the application ends it.
			sse.disconnect("all");
			await disconnected;
		});
	});

	describe("the module", () => {
		@Controller()
		class Events {
			@SseStream("events")
			events() {}
		}

		it("gives the service by class in modules that do not import it", async () => {
			@Injectable()
			class News {
				constructor(@Inject(SseService) readonly sse: SseService<{ news: { title: string } }>) {}
			}

			@Module({ providers: [News], exports: [News] })
			class NewsModule {}

			await start({
				imports: [SseModule.forRoot({ service }), NewsModule],
				controllers: [Events],
			});
			const stream = await open("/events");
			const { sse } = running.app.get(News, { strict: false });
			expect(sse.send({ group: "default" }, { title: "hi" }, { event: "news" })).toBe(1);
			expect(await stream.take(1)).toEqual([{ event: "news", data: '{"title":"hi"}' }]);
			expect(sse.service).toBe(service);
		});

		it("gives it only to modules that import it with isGlobal: false", async () => {
			@Injectable()
			class News {
				constructor(@Inject(SseService) readonly sse: SseService) {}
			}

			@Module({ providers: [News] })
			class NewsModule {}

			@Module({ imports: [SseModule.forRoot({ service, isGlobal: false })], providers: [News] })
			class Importing {}

			await start({ imports: [Importing] });
			expect(running.app.get(News, { strict: false }).sse.service).toBe(service);
			await expect(start({ imports: [Importing, NewsModule] })).rejects.toThrow(
				/resolve dependencies of.* News/,
			);
		});

		it("streams once where several modules import it, for themselves or for all", async () => {
			@Controller()
			class Lists {
				@SseStream("list")
				list() {
					return of("a", "b");
				}
			}

			@Module({ imports: [SseModule.forRoot({ service })], controllers: [Lists] })
			class One {}

			@Module({
				imports: [SseModule.forRoot({ service, isGlobal: false })],
				controllers: [Events],
			})
			class Other {}

			await start({ imports: [One, Other] });
			expect(await read("/list")).toEqual(["a", "b"]);
			const stream = await open("/events");
			expect(service.send("all", "hello")).toBe(1);
			expect(await stream.take(1)).toEqual([{ data: "hello" }]);
			await running.app.close();
			expect(await stream.ended).toBe(true);
			expect(running.errors).toEqual([]);
		});

		// Nest 10 takes two modules for one whose options look alike.
		if (NEST !== "10") {
			it("refuses to stream where several without a name have different services", async () => {
				const imports = [SseModule.forRoot({ service }), SseModule.forRoot()];
				await start({ imports, controllers: [Events] });
				expect((await answer("/events")).status).toBe(500);
				expect(running.errors.map(String).join()).toContain("give each a name of its own");
			});
		}

		it("while streams drain has routes answer, and refuses new streams with 503 and Retry-After", async () => {
			@Controller()
			class Other {
				@Get("other")
				other() {
					return "answered";
				}
			}

			const drainUntil = stopDrainClock();
			service = createSSEService({ drainMs: 600 });
			await start({ controllers: [Events, Other] });
			const streams = [await open("/events"), await open("/events"), await open("/events")];
			const closed = running.app.close();
			await drainUntil(() => service.stats().connections === 2);
			const [refused, other] = [await open("/events"), await open("/other")];
			await Promise.all([refused.ended, other.ended]);
			expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "1"]);
			expect([other.status, other.text]).toEqual([200, "answered"]);
			for (const stream of streams) stream.abort();
			await closed;
		});

		it("delegates to the service", async () => {
			await start({ controllers: [Events] });
			await open("/events");
			const sse = running.app.get(SseService);
			const [client] = sse.getClients();
			const id = client?.clientId ?? "";
			expect(sse.join({ client: id }, "a")).toBe(1);
			expect(sse.getGroups().map(({ name }) => name)).toContain("a");
			expect(sse.getClient(id, "a")?.clientId).toBe(id);
			expect(sse.setMetadata(id, { name: "Ada" })?.meta).toEqual({ name: "Ada" });
			expect(sse.leave("all", "a")).toBe(1);
			expect(sse.getClient(id, "a")).toBeUndefined();
			expect(sse.stats()).toEqual(service.stats());
			await expect(sse.publish("all", "x")).rejects.toMatchObject({ code: "ERR_SSE_NO_HISTORY" });
			expect(sse.disconnect("all", "bye")).toBe(1);
		});

		it("keeps instances with names apart", async () => {
			const admin = createSSEService();

			@Controller()
			class Streams {
				constructor(
					@InjectSse() readonly sse: SseService,
					@InjectSse("admin") readonly adminSse: SseService,
				) {}

				@SseStream("events")
				events() {}

				@SseStream("admin", { service: "admin" })
				adminEvents() {}
			}
			await start({
				imports: [
					SseModule.forRoot({ service }),
					SseModule.forRoot({ name: "admin", service: admin }),
				],
				controllers: [Streams],
			});
			const [one, other] = [await open("/events"), await open("/admin")];
			const { sse, adminSse } = running.app.get(Streams);
			expect([sse.send("all", "one"), adminSse.send("all", "other")]).toEqual([1, 1]);
			expect(await one.take(1)).toEqual([{ data: "one" }]);
			expect(await other.take(1)).toEqual([{ data: "other" }]);
			expect(running.app.get(getSseToken("admin"))).toBe(adminSse);
			await running.app.close();
			expect([await one.ended, await other.ended]).toEqual([true, true]);
		});

		describe("forRootAsync", () => {
			@Injectable()
			class Config {
				createSseOptions(): SseOptions {
					return { service };
				}
			}

			@Module({ providers: [Config], exports: [Config] })
			class ConfigModule {}

			it.each([
				[
					"useFactory",
					() => ({
						imports: [ConfigModule],
						inject: [Config],
						useFactory: async (config: Config) => config.createSseOptions(),
					}),
				],
				["useClass", () => ({ useClass: Config })],
				["useExisting", () => ({ imports: [ConfigModule], useExisting: Config })],
			])("takes options by %s", async (_form, options) => {
				await start({ imports: [SseModule.forRootAsync(options())], controllers: [Events] });
				await open("/events");
				expect(service.send("all", "x")).toBe(1);
				expect(running.app.get(SseService).service).toBe(service);
			});

			it("takes a name", async () => {
				await start({
					imports: [SseModule.forRootAsync({ name: "async", useFactory: () => ({ service }) })],
				});
				expect(running.app.get(getSseToken("async")).service).toBe(service);
			});
		});
	});

	// What follows is Fastify's alone. It is not skipped elsewhere, it cannot be there.
	if (platform !== "platform-fastify") return;

	interface Instance {
		addHook(name: "onSend", hook: () => Promise<void>): void;
		addHook(name: "onRoute", hook: (route: { handlerTimeout?: number }) => void): void;
	}
	const instanceOf = (app: INestApplication): Instance => app.getHttpAdapter().getInstance();

	// Fastify 4, of Nest 10, has none.
	if (NEST !== "10") {
		it("a handlerTimeout does not end a stream", async () => {
			@Controller()
			class Streams {
				@SseStream("events")
				events() {}

				@Get("never")
				never() {
					return new Promise(() => {});
				}
			}
			await start({ controllers: [Streams] }, (app) =>
				instanceOf(app).addHook("onRoute", (route) => {
					route.handlerTimeout = 50;
				}),
			);
			const stream = await open("/events");
			// It began later, so the stream's time is over when its own is.
			expect((await open("/never")).status).toBe(503);
			expect(service.send("all", "still here")).toBe(1);
			expect(await stream.take(1)).toEqual([{ data: "still here" }]);
		});
	}

	describe("an onSend hook that waits", () => {
		const withHook = (hook: () => Promise<void>) => (app: INestApplication) =>
			instanceOf(app).addHook("onSend", hook);

		it("holds items back until the stream opens, and loses none", async () => {
			@Controller()
			class Streams {
				@SseStream("observable")
				observable() {
					return of(1, 2, 3);
				}

				@SseStream("iterable")
				*iterable() {
					yield 1;
					yield 2;
					yield 3;
				}

				@SseStream("fails")
				fails() {
					const subject = new Subject<number>();
					void turn().then(() => {
						subject.next(1);
						subject.error(new Error("too late"));
					});
					return subject;
				}

				@SseStream("floods")
				floods() {
					return new Subject<number>().pipe((subject) => {
						setImmediate(() => {
							for (let n = 0; n <= 10_001; n++) (subject as Subject<number>).next(n);
						});
						return subject;
					});
				}
			}
			await start({ controllers: [Streams] }, withHook(turn));
			expect(await read("/observable")).toEqual(["1", "2", "3"]);
			expect(await read("/iterable")).toEqual(["1", "2", "3"]);
			expect(running.errors).toEqual([]);
			expect(await read("/fails")).toEqual(["1"]);
			expect(running.errors.splice(0).map(String)).toEqual([expect.stringContaining("too late")]);
			expect(await read("/floods")).toHaveLength(10_000);
			expect(service.stats().closes).toMatchObject({ error: 1, slow: 1 });
		});

		it("is the answer, once, when it fails", async () => {
			const subject = new Subject<string>();

			@Controller()
			class Streams {
				constructor(@Inject(SseService) private readonly sse: SseService) {}

				@SseStream("stream")
				stream() {
					return subject;
				}

				@Get("connect")
				async connect(@Req() req: never, @Res() res: never): Promise<void> {
					await this.sse.connect(req, res);
				}
			}
			let calls = 0;
			await start(
				{ controllers: [Streams] },
				withHook(async () => {
					await turn();
					if (calls++ % 2 === 0) throw new BadRequestException("not you");
				}),
			);
			for (const path of ["/stream", "/connect"]) {
				const { status, text } = await answer(path);
				expect([path, status, JSON.parse(text).message]).toEqual([path, 400, "not you"]);
			}
			expect(subject.observed).toBe(false);
			expect(running.errors).toEqual([]);
		});
	});
});

it.each([
	["an empty name", () => SseModule.forRoot({ name: "" })],
	["forRootAsync without a factory", () => SseModule.forRootAsync({})],
])("%s is refused", (_name, make) => {
	expect(make).toThrow(expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }));
});
