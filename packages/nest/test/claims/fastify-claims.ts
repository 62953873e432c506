/**
 * What only Fastify under Nest has: `handlerTimeout`, and onSend hooks that wait.
 */
import {
	BadRequestException,
	Controller,
	Get,
	type INestApplication,
	Inject,
	Req,
	Res,
} from "@nestjs/common";
import { of, Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { SseService, SseStream } from "../../src/index.js";
import { type AppFixture, turn } from "../app.js";
import { NEST } from "../platform.js";

/** The claims about Nest on Fastify. */
export function claimFastify(its: AppFixture): void {
	const { start, open, read, answer } = its;

	type Reply = { code(status: number): void };
	type OnSend = (request: unknown, reply: Reply) => Promise<unknown>;
	interface Instance {
		addHook(name: "onSend", hook: OnSend): void;
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
			expect(its.service.send("all", "still here")).toBe(1);
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
			expect(its.running.errors).toEqual([]);
			expect(await read("/fails")).toEqual(["1"]);
			expect(its.running.errors.splice(0).map(String)).toEqual([
				expect.stringContaining("too late"),
			]);
			expect(await read("/floods")).toHaveLength(10_000);
			expect(its.service.stats().closes).toMatchObject({ error: 1, slow: 1 });
		});

		// Each such request was logged as an error of the handler, which could not have known.
		it("leaves no error behind when it answers itself", async () => {
			@Controller()
			class Streams {
				constructor(@Inject(SseService) private readonly sse: SseService) {}

				@SseStream("stream")
				*stream() {
					yield 1;
				}

				@Get("connect")
				async connect(@Req() req: never, @Res() res: never): Promise<void> {
					await this.sse.connect(req, res);
				}
			}
			await start({ controllers: [Streams] }, (app) =>
				instanceOf(app).addHook("onSend", async (_request, reply) => {
					reply.code(403);
					return "not you";
				}),
			);
			for (const path of ["/stream", "/connect"]) {
				const response = await open(path);
				expect(await response.ended).toBe(true);
				expect([path, response.status, response.text]).toEqual([path, 403, "not you"]);
			}
			// An answer of Nest's filters would come next.
			for (let turns = 0; turns < 3; turns++) await turn();
			expect(its.running.errors).toEqual([]);
			expect(its.service.stats().connectionsOpened).toBe(0);
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
			expect(its.running.errors).toEqual([]);
		});
	});
}
