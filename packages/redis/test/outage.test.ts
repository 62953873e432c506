/**
 * What clients see when Redis fails: nothing is missing, or they receive a gap.
 */
import {
	eventually,
	openStream,
	startServer,
	type TestServer,
	type TestStream,
} from "@sse-service/testing";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { createSSEService, type SSEService, type SSEServiceOptions } from "sse-service";
import { afterEach, describe, expect, it } from "vitest";
import { redisEventLog } from "../src/index.js";
import { Lab, until, untilDone } from "./lab.js";

describe.skipIf(redisServerPath === undefined).each(["node-redis 6", "ioredis 6"])(
	"an outage over %s",
	(library) => {
		let lab: Lab;
		const ends: (() => unknown)[] = [];

		afterEach(async () => {
			for (const end of ends.splice(0).reverse()) await end();
			await lab?.stop();
		});

		async function serve(options: SSEServiceOptions = {}): Promise<[SSEService, TestServer]> {
			const { client } = await lab.client({ library });
			const eventLog = redisEventLog({ client, prefix: lab.prefix });
			const sse = createSSEService({ eventLog, ...options });
			const server = await startServer((req, res) => void sse.connect({ req, res }));
			ends.push(
				() => server.destroy(),
				() => sse.close(),
			);
			return [sse, server];
		}

		async function serveReady(options?: SSEServiceOptions): Promise<[SSEService, TestServer]> {
			const [sse, server] = await serve(options);
			await eventually(() => sse.health().ready, "proof");
			return [sse, server];
		}

		/** What was received, but for the events of which nobody knows whether they were stored. */
		const received = ({ events }: TestStream): string[] =>
			events.flatMap(({ event = "message", data }) =>
				data === "probe" ? [] : [event === "message" ? data : `${event} ${data}`],
			);

		it("of a Redis that loses nothing: clients stay connected, and miss nothing", async () => {
			lab = await Lab.start({ persistence: true });
			const [sse, server] = await serveReady();
			const stream = await openStream(server.url);
			await sse.publish("all", "before");
			await lab.server.kill("SIGTERM");
			await expect(sse.publish("all", "probe")).rejects.toMatchObject({
				code: expect.stringMatching(/^ERR_SSE_(LOG_FAILED|TIMEOUT)$/),
			});
			await lab.server.restart();
			await untilDone(() => sse.publish("all", "probe"));
			await sse.publish("all", "after");
			await stream.until(() => received(stream).length >= 2);
			expect(received(stream)).toEqual(["before", "after"]);
			await eventually(() => sse.health().ready, "proof");
		});

		it("of a Redis that loses all: clients stay connected, and receive a gap", async () => {
			lab = await Lab.start();
			const [sse, server] = await serveReady();
			const stream = await openStream(server.url);
			for (const lose of [() => lab.server.restart(), () => lab.call("FLUSHALL")]) {
				const count = stream.events.length;
				await sse.publish("all", "before");
				await stream.until(() => received(stream).at(-1) === "before");
				await lose();
				await untilDone(() => sse.publish("all", "probe"));
				await stream.until(() => stream.events.slice(count).some(({ event }) => event === "gap"));
				await sse.publish("all", "after");
				await stream.until(() => received(stream).at(-1) === "after");
			}
			const gap = 'gap {"reason":"epoch"}';
			expect(received(stream)).toEqual(["before", gap, "after", "before", gap, "after"]);
		});

		it("of its full memory: the publisher receives an error, and stored events stay", async () => {
			lab = await Lab.start();
			const told: unknown[] = [];
			const [sse, server] = await serveReady({ onError: (error) => told.push(error) });
			const stream = await openStream(server.url);
			await sse.publish("all", "before");
			await lab.call("CONFIG", "SET", "maxmemory", "1");
			await expect(sse.publish("all", "none")).rejects.toMatchObject({
				code: "ERR_SSE_LOG_FAILED",
				cause: { message: expect.stringContaining("OOM") },
			});
			expect(sse.send("all", "none")).toBe(1);
			await eventually(() => told.length > 0, "the error");
			expect(told).toMatchObject([{ code: "ERR_SSE_LOG_FAILED" }]);
			await lab.call("CONFIG", "SET", "maxmemory", "0");
			await sse.publish("all", "after");
			await stream.take(2);
			expect(received(stream)).toEqual(["before", "after"]);
		});

		it("of what is no longer kept: a reconnecting client receives a gap", async () => {
			lab = await Lab.start();
			const [sse, server] = await serveReady({ history: { maxEvents: 10 } });
			const stream = await openStream(server.url);
			const { id } = await sse.publish("all", "first");
			await stream.take(1);
			stream.abort();
			for (let index = 0; index < 100; index++) await sse.publish("all", `${index}`);
			const headers = { "Last-Event-ID": id };
			const back = await openStream(server.url, { headers });
			expect((await back.take(100)).map(({ data }) => data)).toEqual(
				Array.from({ length: 100 }, (_, index) => `${index}`),
			);
			await lab.call("XTRIM", lab.key("log"), "MINID", "50");
			const late = await openStream(server.url, { headers });
			await late.take(1);
			expect(received(late)).toEqual(['gap {"reason":"expired"}']);
		});

		it("of the format: the service reports it once, and leaves the log alone", async () => {
			lab = await Lab.start();
			await lab.call("HSET", lab.key("head"), "format", "9.9");
			const told: unknown[] = [];
			const [sse] = await serve({ onError: (error) => told.push(error) });
			await eventually(() => told.length > 0, "the error");
			await expect(sse.publish("all", "x")).rejects.toMatchObject({ code: "ERR_SSE_LOG_VERSION" });
			expect(told).toMatchObject([{ code: "ERR_SSE_LOG_VERSION" }]);
			expect(sse.health()).toMatchObject({ ready: false });
			expect(await lab.call("HGETALL", lab.key("head"))).toEqual(["format", "9.9"]);
		});

		// Opening the log was proof enough: attempts were a hundred in eight seconds, and each was reported.
		it("of a Redis that may be read and not followed: one report, and never ready", async () => {
			lab = await Lab.start();
			await lab.call("ACL", "SETUSER", "blind", "on", ">secret", "~*", "+@all", "-xread");
			const user = { username: "blind", password: "secret" };
			const { client } = await lab.client({ library, ...user });
			const errors: unknown[] = [];
			const eventLog = redisEventLog({ client, prefix: lab.prefix });
			const sse = createSSEService({ eventLog, onError: (error) => void errors.push(error) });
			ends.push(() => sse.close());
			let wasReady = false;
			const denied = async (): Promise<number> => {
				wasReady ||= sse.health().ready;
				const stats = String(await lab.call("INFO", "commandstats"));
				return Number(/cmdstat_xread:.*rejected_calls=(\d+)/.exec(stats)?.[1] ?? 0);
			};
			await until(async () => (await denied()) >= 4);
			expect(wasReady).toBe(false);
			expect(errors).toMatchObject([
				{ code: "ERR_SSE_LOG_FAILED", message: expect.stringContaining("xread") },
			]);
			expect(sse.health().log?.error).toContain("xread");
			await lab.call("ACL", "SETUSER", "blind", "+xread");
			await eventually(() => sse.health().ready, "proof");
		});
	},
);
