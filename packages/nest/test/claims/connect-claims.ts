/**
 * `connect` in a handler: refusals, and failures after it.
 */
import {
	type ArgumentsHost,
	BadRequestException,
	Catch,
	Controller,
	createParamDecorator,
	type ExceptionFilter,
	type ExecutionContext,
	Get,
	Inject,
	Req,
	Res,
	UseFilters,
} from "@nestjs/common";
import { RouterExecutionContext } from "@nestjs/core/router/router-execution-context.js";
import { eventually } from "@sse-service/testing";
import { connectSSE, createSSEService } from "sse-service";
import { describe, expect, it, onTestFinished } from "vitest";
import { SseModule, SseService, SseStream } from "../../src/index.js";
import { type AppFixture, turn } from "../app.js";

/** The claims about `connect`. */
export function claimConnect(its: AppFixture): void {
	const { start, open, read } = its;

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
			its.service = createSSEService({
				onError: (error, { stage }) => heard.push([stage, String(error)]),
			});
			await start({ controllers: [Streams] });
			expect(await read("/events")).toEqual(["first"]);
			expect(heard).toEqual([["handler", "BadRequestException: too late"]]);
			expect(its.running.errors.map(String)).toEqual([expect.stringContaining("too late")]);
			expect(its.service.stats().closes).toEqual({ error: 1 });
		});

		it("rejects a refusal as an HttpException with its code, which a handler may answer", async () => {
			its.service = createSSEService({ maxConnections: 1 });

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
			expect(its.running.errors).toEqual([]);
		});

		it("leaves the answer to a refusal to exception filters, also to one that takes its time", async () => {
			its.service = createSSEService({ maxConnections: 1 });

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
			expect(its.running.errors).toEqual([]);
		});

		// Nest answers in these as well, which ended the stream on Express.
		it("keeps its stream open where a decorator has replaced the method, or injects the response", async () => {
			const Replaced =
				(): MethodDecorator =>
				(_target, _key, descriptor): void => {
					const { value } = descriptor as TypedPropertyDescriptor<unknown>;
					const inner = value as (...args: unknown[]) => unknown;
					Object.assign(descriptor, {
						value: async function (this: unknown, ...args: unknown[]) {
							return await inner.apply(this, args);
						},
					});
				};
			// Within an object: Nest awaits what is injected, and Fastify's reply is a promise of its end.
			const Http = createParamDecorator((_data, context: ExecutionContext) => ({
				req: context.switchToHttp().getRequest(),
				res: context.switchToHttp().getResponse(),
			}));

			@Controller()
			class Streams {
				constructor(@Inject(SseService) private readonly sse: SseService) {}

				@Get("replaced")
				@Replaced()
				async replaced(@Req() req: never, @Res({ passthrough: true }) res: never): Promise<void> {
					await this.sse.connect(req, res);
				}

				@Get("injected")
				async injected(@Http() { req, res }: { req: never; res: never }): Promise<void> {
					await this.sse.connect(req, res);
				}
			}
			await start({ controllers: [Streams] });
			const streams = [await open("/replaced"), await open("/injected")];
			// Behind what Nest would have sent.
			await turn();
			expect(its.service.send("all", "hello")).toBe(2);
			for (const stream of streams) expect(await stream.take(1)).toEqual([{ data: "hello" }]);
			expect(its.running.errors).toEqual([]);
		});

		// Nest seemed to answer for these, so their handlers, and the spans around them, never ended.
		it("lets a handler with the response end that is wrapped, as OpenTelemetry does, or bound", async () => {
			const ended: string[] = [];
			const { create } = RouterExecutionContext.prototype;
			onTestFinished(() => {
				RouterExecutionContext.prototype.create = create;
			});
			RouterExecutionContext.prototype.create = function (instance, callback, ...rest) {
				const { name } = callback;
				const wrapped = function (this: unknown, ...args: unknown[]): unknown {
					return callback.apply(this, args);
				};
				Object.defineProperty(wrapped, "name", { value: name });
				for (const key of Reflect.getMetadataKeys(callback)) {
					Reflect.defineMetadata(key, Reflect.getMetadata(key, callback), wrapped);
				}
				const handler = create.call(this, instance, wrapped, ...rest);
				return async (...args: Parameters<typeof handler>) => {
					await handler(...args);
					ended.push(name);
				};
			};

			@Controller()
			class Streams {
				constructor(@Inject(SseService) private readonly sse: SseService) {
					this.bound = this.bound.bind(this);
				}

				@Get("wrapped")
				async wrapped(@Req() req: never, @Res() res: never): Promise<void> {
					await this.sse.connect(req, res);
				}

				@Get("bound")
				async bound(@Req() req: never, @Res() res: never): Promise<void> {
					await this.sse.connect(req, res);
				}
			}
			await start({ controllers: [Streams] });
			await open("/wrapped");
			await open("/bound");
			await eventually(() => ended.length === 2, "the handlers to end");
			expect(ended).toEqual(["wrapped", "bound bound"]);
			expect(its.service.send("all", "hello")).toBe(2);
		});

		it("keeps its stream open where the response is injected with passthrough", async () => {
			@Controller()
			class Streams {
				constructor(@Inject(SseService) private readonly sse: SseService) {}

				@Get("events")
				async events(@Req() req: never, @Res({ passthrough: true }) res: never): Promise<void> {
					const { connection } = await this.sse.connect(req, res);
					connection.send("first");
				}

				@Get("answer")
				answer(@Res({ passthrough: true }) _res: unknown): string {
					return "answered";
				}
			}
			await start({ controllers: [Streams] });
			const stream = await open("/events");
			await stream.take(1);
			const plain = await open("/answer");
			await plain.ended;
			expect(plain.text).toBe("answered");
			expect(its.service.send("all", "second")).toBe(1);
			expect(await stream.take(2)).toEqual([{ data: "first" }, { data: "second" }]);
			expect(its.running.errors).toEqual([]);
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
			const sse = its.running.app.get(SseService);
			expect(sse.send({ client: "ada" }, { hello: 1 })).toBe(1);
			expect(await stream.take(1)).toEqual([{ data: '{"hello":1}' }]);
			const refused = await open("/sse?user=", { headers: { Origin: "https://example.com" } });
			expect(await refused.ended).toBe(true);
			expect([refused.status, refused.text]).toEqual([400, "ERR_SSE_INVALID_CLIENT_ID"]);
			expect(refused.headers["access-control-allow-origin"]).toBe("https://example.com");
			expect(its.running.errors).toEqual([]);
			// Not opened through the module, so the application ends it.
			sse.disconnect("all");
			await disconnected;
		});
	});
}
