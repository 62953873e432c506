/**
 * What the README says of Nest's own `@Sse`, beside the same here.
 */
import "reflect-metadata";
import { Controller, Module, Sse } from "@nestjs/common";
import { eventually, openStream } from "@sse-service/testing";
import { NEVER, of } from "rxjs";
import { createSSEService } from "sse-service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromMessageEvent, SseModule, SseStream } from "../src/index.js";
import { PLATFORMS, type RunningApp, startApp } from "./platform.js";

describe.each(PLATFORMS)("on %s", (platform) => {
	let running: RunningApp;

	@Controller()
	class Streams {
		@Sse("sse/messages")
		nestMessages() {
			return of({ data: { n: 1 }, type: "tick" }, { data: "two", id: "7" }, { data: "three" });
		}

		@SseStream("stream/messages", { toEvent: fromMessageEvent })
		messages() {
			return this.nestMessages();
		}

		@Sse("sse/broken")
		nestBroken() {
			return of({ data: "x", type: "a\nb" });
		}

		@SseStream("stream/broken", { toEvent: fromMessageEvent })
		broken() {
			return this.nestBroken();
		}

		@Sse("sse/open")
		nestOpen() {
			return NEVER;
		}

		@SseStream("stream/open")
		open() {}
	}

	@Module({
		imports: [SseModule.forRoot({ service: createSSEService() })],
		controllers: [Streams],
	})
	class App {}

	beforeEach(async () => {
		running = await startApp(App, platform);
	});

	afterEach(() => running.app.close());

	const read = async (path: string) => {
		const stream = await openStream(running.url + path);
		await stream.ended;
		return stream.events;
	};

	it("the same handler gives the same events, except for the ids that @Sse makes up", async () => {
		expect(await read("/stream/messages")).toEqual([
			{ data: '{"n":1}', event: "tick" },
			{ data: "two", id: "7" },
			{ data: "three" },
		]);
		expect(await read("/sse/messages")).toEqual([
			{ data: '{"n":1}', event: "tick", id: "1" },
			{ data: "two", id: "7" },
			{ data: "three", id: "2" },
		]);
	});

	it("a line break in a type is removed there, and refused here", async () => {
		expect(await read("/sse/broken")).toEqual([{ data: "x", event: "ab", id: "1" }]);
		expect(await read("/stream/broken")).toEqual([]);
		expect(running.errors.map(String)).toEqual([expect.stringContaining("event")]);
	});

	it("an open stream keeps the app from closing there, and ends here", async () => {
		const nests = await openStream(`${running.url}/sse/open`);
		const own = await openStream(`${running.url}/stream/open`);
		let isClosed = false;
		const closed = running.app.close().then(() => {
			isClosed = true;
		});
		expect(await own.ended).toBe(true);
		await eventually(() => !running.app.getHttpServer().listening);
		expect(isClosed).toBe(false);
		nests.abort();
		await closed;
	});
});
