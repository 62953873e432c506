/**
 * The module: where it gives the service, its forms, and what its end means for streams.
 */
import { Controller, Get, Inject, Injectable, Module } from "@nestjs/common";
import { stopDrainClock } from "@sse-service/testing/drain-clock";
import { of } from "rxjs";
import { createSSEService } from "sse-service";
import { describe, expect, it } from "vitest";
import {
	getSseToken,
	InjectSse,
	SseModule,
	type SseOptions,
	SseService,
	SseStream,
} from "../../src/index.js";
import type { AppFixture } from "../app.js";
import { NEST } from "../platform.js";

/** The claims about the module. */
export function claimModule(its: AppFixture): void {
	const { start, open, read, answer } = its;

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
				imports: [SseModule.forRoot({ service: its.service }), NewsModule],
				controllers: [Events],
			});
			const stream = await open("/events");
			const { sse } = its.running.app.get(News, { strict: false });
			expect(sse.send({ group: "default" }, { title: "hi" }, { event: "news" })).toBe(1);
			expect(await stream.take(1)).toEqual([{ event: "news", data: '{"title":"hi"}' }]);
			expect(sse.service).toBe(its.service);
		});

		it("gives it only to modules that import it with isGlobal: false", async () => {
			@Injectable()
			class News {
				constructor(@Inject(SseService) readonly sse: SseService) {}
			}

			@Module({ providers: [News] })
			class NewsModule {}

			@Module({
				imports: [SseModule.forRoot({ service: its.service, isGlobal: false })],
				providers: [News],
			})
			class Importing {}

			await start({ imports: [Importing] });
			expect(its.running.app.get(News, { strict: false }).sse.service).toBe(its.service);
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

			@Module({ imports: [SseModule.forRoot({ service: its.service })], controllers: [Lists] })
			class One {}

			@Module({
				imports: [SseModule.forRoot({ service: its.service, isGlobal: false })],
				controllers: [Events],
			})
			class Other {}

			await start({ imports: [One, Other] });
			expect(await read("/list")).toEqual(["a", "b"]);
			const stream = await open("/events");
			expect(its.service.send("all", "hello")).toBe(1);
			expect(await stream.take(1)).toEqual([{ data: "hello" }]);
			await its.running.app.close();
			expect(await stream.ended).toBe(true);
			expect(its.running.errors).toEqual([]);
		});

		// Nest 10 takes two modules for one whose options look alike.
		if (NEST !== "10") {
			it("refuses to stream where several without a name have different services", async () => {
				const imports = [SseModule.forRoot({ service: its.service }), SseModule.forRoot()];
				await start({ imports, controllers: [Events] });
				expect((await answer("/events")).status).toBe(500);
				expect(its.running.errors.map(String).join()).toContain("give each a name of its own");
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
			its.service = createSSEService({ drainMs: 600 });
			await start({ controllers: [Events, Other] });
			const streams = [await open("/events"), await open("/events"), await open("/events")];
			const closed = its.running.app.close();
			await drainUntil(() => its.service.stats().connections === 2);
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
			const sse = its.running.app.get(SseService);
			const [client] = sse.getClients();
			const id = client?.clientId ?? "";
			expect(sse.join({ client: id }, "a")).toBe(1);
			expect(sse.getGroups().map(({ name }) => name)).toContain("a");
			expect(sse.getClient(id, "a")?.clientId).toBe(id);
			expect(sse.setMetadata(id, { name: "Ada" })?.meta).toEqual({ name: "Ada" });
			expect(sse.leave("all", "a")).toBe(1);
			expect(sse.getClient(id, "a")).toBeUndefined();
			expect(sse.stats()).toEqual(its.service.stats());
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
					SseModule.forRoot({ service: its.service }),
					SseModule.forRoot({ name: "admin", service: admin }),
				],
				controllers: [Streams],
			});
			const [one, other] = [await open("/events"), await open("/admin")];
			const { sse, adminSse } = its.running.app.get(Streams);
			expect([sse.send("all", "one"), adminSse.send("all", "other")]).toEqual([1, 1]);
			expect(await one.take(1)).toEqual([{ data: "one" }]);
			expect(await other.take(1)).toEqual([{ data: "other" }]);
			expect(its.running.app.get(getSseToken("admin"))).toBe(adminSse);
			await its.running.app.close();
			expect([await one.ended, await other.ended]).toEqual([true, true]);
		});

		describe("forRootAsync", () => {
			@Injectable()
			class Config {
				createSseOptions(): SseOptions {
					return { service: its.service };
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
				expect(its.service.send("all", "x")).toBe(1);
				expect(its.running.app.get(SseService).service).toBe(its.service);
			});

			it("takes a name", async () => {
				await start({
					imports: [
						SseModule.forRootAsync({ name: "async", useFactory: () => ({ service: its.service }) }),
					],
				});
				expect(its.running.app.get(getSseToken("async")).service).toBe(its.service);
			});
		});
	});
}
