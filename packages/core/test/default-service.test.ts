/**
 * The default service among the apps of one process: who shares it, and when it may be configured again.
 */
import { openStream, startServer, type TestServer } from "@sse-service/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AppStreams, createAppStreams } from "../src/adapter.js";
import {
	connectSSE,
	createSSEService,
	getDefaultService,
	type SSEService,
	sendSSEToAll,
} from "../src/index.js";

let server: TestServer | undefined;

beforeEach(() => {
	// As in a process that has just begun.
	Reflect.deleteProperty(globalThis, Symbol.for("sse-service.default.v1"));
});

afterEach(async () => {
	await getDefaultService().close();
	await server?.close();
	server = undefined;
});

const alreadyConfigured = expect.objectContaining({ code: "ERR_SSE_ALREADY_CONFIGURED" });

/** Serve streams of an app. */
async function serve(streams: Pick<AppStreams, "connect">): Promise<string> {
	server = await startServer((req, res) => streams.connect({ req, res }));
	return server.url;
}

describe("apps without a service of their own", () => {
	// `build()` for each test, Nest's `forRootAsync`, hot reload: each app writes its callbacks anew, so that the second
	// one of a process did not start.
	it("may configure the default service again, once every app that used it has closed", async () => {
		const told: string[] = [];
		const build = (name: string) =>
			createAppStreams({ onConnect: () => void told.push(name), history: true });
		const first = build("first");
		const sharing = createAppStreams();
		expect(sharing.service).toBe(first.service);
		await first.close();
		expect(() => build("too early")).toThrow(alreadyConfigured);
		await sharing.close();

		const second = build("second");
		expect(second.service).not.toBe(first.service);
		expect(first.service.health().ready).toBe(false);
		const stream = await openStream(await serve(second));
		expect(told).toEqual(["second"]);
		expect(sendSSEToAll("by a function")).toBe(1);
		expect(await stream.take(1)).toMatchObject([{ data: "by a function" }]);
		await second.close();
	});

	it("leave none of their options to the next app", async () => {
		await createAppStreams({ history: true }).close();
		expect(createAppStreams().service.stats().history).toBeUndefined();
	});

	it("continue with the service of the previous app if the options are the same", async () => {
		const first = createAppStreams({ history: true });
		await first.close();
		sendSSEToAll("between");
		const second = createAppStreams({ history: true });
		expect(second.service.stats().history?.events).toBe(1);
		await second.close();
		// One that was closed serves nobody.
		await second.service.close();
		expect(createAppStreams({ history: true }).service.health().ready).toBe(true);
	});

	it("are refused options that differ from those of a running app, with both solutions", () => {
		createAppStreams({ onConnect: () => {} });
		expect(() => createAppStreams({ onConnect: () => {} })).toThrow(
			"another value of the option onConnect (a function must be the same one, not written twice). " +
				"Close the app that uses it, or pass { service: createSSEService(options) } to use separate services",
		);
		const own = createSSEService({ onConnect: () => {} });
		expect(createAppStreams({ service: own }).service).toBe(own);
	});

	it("cannot replace the service while connections of connectSSE are open on it", async () => {
		const first = createAppStreams({ retryMs: 1 });
		const stream = await openStream(await serve({ connect: connectSSE }));
		await first.close();
		expect(() => createAppStreams({ retryMs: 2 })).toThrow(alreadyConfigured);
		expect(sendSSEToAll("still here")).toBe(1);
		await stream.take(1);
	});

	it("cannot replace a service that the application created", async () => {
		const service = getDefaultService({ retryMs: 1 });
		const streams = createAppStreams();
		expect(streams.service).toBe(service);
		await streams.close();
		expect(() => createAppStreams({ retryMs: 2 })).toThrow(alreadyConfigured);
		expect(getDefaultService()).toBe(service);
	});

	it("release the default service once, however they end", async () => {
		// In the turn in which the stream opens, so that the stream ends after the app has.
		const options = { onConnect: () => void streams.close() };
		const sharing = createAppStreams(options);
		const streams = createAppStreams(options);
		const stream = await openStream(await serve(streams));
		expect(await stream.ended).toBe(true);
		await Promise.all([streams.close(), streams.close()]);
		expect(() => createAppStreams({ retryMs: 2 })).toThrow(alreadyConfigured);
		await sharing.close();
		expect(createAppStreams({ retryMs: 2 }).service).not.toBe(sharing.service);
	});
});

describe("a service that is passed", () => {
	it.each([
		["the service of Nest", { service: createSSEService(), connect: () => {} }],
		["a wrapper around one", { ...createSSEService() }],
		["something with the same members", Object.create({ connect: () => {}, close: () => {} })],
	])("is refused when it is none of createSSEService: %s", (_name, service) => {
		expect(() => createAppStreams({ service: service as unknown as SSEService })).toThrow(
			expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
		);
	});
});
