/**
 * A route that streams, among the other parts of Nest: what its handler returns, guards, pipes, parameters, prefixes.
 */
import {
	Body,
	type CanActivate,
	Controller,
	type ExecutionContext,
	Inject,
	Injectable,
	Param,
	ParseIntPipe,
	Query,
	RequestMethod,
	Res,
	Scope,
	SetMetadata,
	UnauthorizedException,
	UseGuards,
	UseInterceptors,
	Version,
	VersioningType,
} from "@nestjs/common";
import { Reflector } from "@nestjs/core";
import { eventually } from "@sse-service/testing";
import { EMPTY, of, Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { InjectSse, SseService, SseStream } from "../../src/index.js";
import { type AppFixture, adding, turn } from "../app.js";

/** The claims about a route that streams. */
export function claimRoutes(its: AppFixture): void {
	const { start, open, read, answer } = its;

	describe("a route that streams", () => {
		it("may have the response injected, also with passthrough, to set headers", async () => {
			const items = new Subject<string>();
			type Settable = { header(name: string, value: string): unknown };

			@Controller()
			class Streams {
				@SseStream("events")
				events(@Res() res: Settable) {
					res.header("X-Own", "1");
					return items;
				}

				@SseStream("passthrough")
				passthrough(@Res({ passthrough: true }) res: Settable) {
					res.header("X-Own", "1");
					return items;
				}
			}
			await start({ controllers: [Streams] });
			const streams = await Promise.all([open("/events"), open("/passthrough")]);
			items.next("one");
			for (const stream of streams) {
				expect(await stream.take(1)).toEqual([{ data: "one" }]);
				expect(stream.headers["x-own"]).toBe("1");
			}
			items.complete();
			expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([true, true]);
			expect(its.running.errors).toEqual([]);
		});

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
			expect(its.service.stats().closes).toEqual({ server: 7 });
			expect(its.running.errors).toEqual([]);
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
			expect(its.service.send("all", "hello")).toBe(2);
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
			expect(its.service.send({ client: "ada", group: "chat" }, "x")).toBe(1);
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
			expect(its.service.stats().connectionsOpened).toBe(0);
		});
	});
}
