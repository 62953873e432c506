/**
 * An app that loads the package twice: its parts import it, others of them require it.
 */
import "reflect-metadata";
import { createRequire } from "node:module";
import { Controller, Inject, Module } from "@nestjs/common";
import { openStream } from "@sse-service/testing";
import { expect, it } from "vitest";
import * as one from "../src/index.js";
import { PLATFORMS, startApp } from "./platform.js";

// The package itself, as it was built.
const other = createRequire(import.meta.url)("@sse-service/nest") as typeof one;

it("the two are two", () => {
	expect(other.SseModule).not.toBe(one.SseModule);
	expect(other.SseStream).not.toBe(one.SseStream);
});

it.each(
	PLATFORMS.flatMap((platform) => [
		[platform, "ESM", one, other] as const,
		[platform, "CommonJS", other, one] as const,
	]),
)(
	"on %s, with the module of the %s copy, the other's class, names and routes are found",
	async (platform, _format, mine, others) => {
		@Controller()
		class Streams {
			constructor(
				@Inject(others.SseService) readonly sse: one.SseService,
				@others.InjectSse("admin") readonly admin: one.SseService,
			) {}

			@others.SseStream("events")
			events() {}

			@others.SseStream("admin", { service: "admin" })
			*adminEvents() {
				yield "for admins";
			}
		}

		@Module({
			imports: [mine.SseModule.forRoot(), mine.SseModule.forRoot({ name: "admin" })],
			controllers: [Streams],
		})
		class App {}

		const { app, url, errors } = await startApp(App, platform);
		try {
			const stream = await openStream(`${url}/events`);
			expect(app.get(Streams).sse.send("all", "hello")).toBe(1);
			expect(await stream.take(1)).toEqual([{ data: "hello" }]);
			const admin = await openStream(`${url}/admin`);
			expect(await admin.take(1)).toEqual([{ data: "for admins" }]);
			expect(errors).toEqual([]);
		} finally {
			await app.close();
		}
	},
);
