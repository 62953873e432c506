/**
 * What clients receive when NATS fails: nothing if no event is lost, otherwise a gap.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { eventually } from "@sse-service/testing";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { startTcpProxy } from "@sse-service/testing/tcp-proxy";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
	askJetStream,
	CLIENTS,
	connectFor,
	type NatsServer,
	startConfigured,
	type TestConnection,
} from "./nats.js";
import { dataOf, lastIdOf, type Serving, startService } from "./services.js";

describe.skipIf(natsServerPath === undefined).each(CLIENTS)("over %s", (_name, connect) => {
	let server: NatsServer;

	beforeEach(async () => {
		server = await startNatsServer();
		onTestFinished(() => server.stop());
	});

	const start = async (port = server.port): Promise<Serving> =>
		startService(await connect(port), { prefix: "SSE" });
	const ask = async (subject: string, body = {}): Promise<void> => {
		await askJetStream(await connectFor(connect, server.port), subject, body);
	};
	const isReady = (...services: readonly Serving[]): Promise<void> =>
		eventually(() => services.every(({ sse }) => sse.health().ready), "the services to be ready");

	it("a restart that keeps the files: nothing, and they get what they missed", async () => {
		const [one, other] = [await start(), await start()];
		const [ada, bob] = [await one.open("ada"), await other.open("bob")];
		await one.sse.publish("all", "1");
		await Promise.all([ada.take(1), bob.take(1)]);
		await server.kill("SIGKILL");
		await eventually(() => !one.sse.health().ready, "the outage to be seen");
		await server.restart();
		for (const data of ["2", "3"]) await other.sse.publish("all", data);
		for (const stream of [ada, bob]) {
			expect(dataOf(await stream.take(3))).toEqual(["1", "2", "3"]);
			expect(stream.text).not.toContain("event: gap");
		}
		await isReady(one, other);
		expect(one.errors.map(String).join()).toContain("broken");
	});

	it("files that are gone: a gap, epoch, and what was sent since", async () => {
		const [one, other] = [await start(), await start()];
		const [ada, bob] = [await one.open("ada"), await other.open("bob")];
		await one.sse.publish("all", "1");
		await Promise.all([ada.take(1), bob.take(1)]);
		await server.kill("SIGKILL");
		rmSync(join(server.folder, "jetstream"), { recursive: true });
		await server.restart();
		await other.sse.publish("all", "2");
		for (const stream of [ada, bob]) {
			expect((await stream.take(3)).slice(1)).toMatchObject([
				{ event: "gap", data: '{"reason":"epoch"}' },
				{ data: "2" },
			]);
		}
		await isReady(one, other);
	});

	it("a stream that is deleted while nothing is sent: a gap, epoch", async () => {
		const one = await start();
		const ada = await one.open("ada");
		await one.sse.publish("all", "1");
		await ada.take(1);
		await ask("STREAM.DELETE.SSE");
		expect((await ada.take(2))[1]).toMatchObject({ event: "gap", data: '{"reason":"epoch"}' });
		await one.sse.publish("all", "2");
		expect((await ada.take(3))[2]).toMatchObject({ data: "2" });
		await isReady(one);
	});

	it("a log that is purged when all have received everything: nothing", async () => {
		const [one, other] = [await start(), await start()];
		const [ada, bob] = [await one.open("ada"), await other.open("bob")];
		await one.sse.publish("all", "1");
		await Promise.all([ada.take(1), bob.take(1)]);
		await ask("STREAM.PURGE.SSE");
		// Nothing is to happen when they look at it next, which they do every two seconds.
		await setTimeout(4_000);
		for (const data of ["2", "3"]) await other.sse.publish("all", data);
		for (const stream of [ada, bob]) {
			expect(dataOf(await stream.take(3))).toEqual(["1", "2", "3"]);
			expect(stream.text).not.toContain("event: gap");
		}
		// Its id is still known in the other one's memory.
		ada.abort();
		const again = await other.open("ada", lastIdOf(ada));
		await other.sse.publish("all", "4");
		expect(dataOf(await again.take(1))).toEqual(["4"]);
	});

	it("a log that is purged beyond what was followed: a gap", async () => {
		const proxy = await startTcpProxy(server.port);
		onTestFinished(() => proxy.close());
		const [one, other] = [await start(proxy.port), await start()];
		const [ada, bob] = [await one.open("ada"), await other.open("bob")];
		await one.sse.publish("all", "1");
		await Promise.all([ada.take(1), bob.take(1)]);
		proxy.mute("back");
		for (const data of ["2", "3", "4"]) await other.sse.publish("all", data);
		await ask("STREAM.PURGE.SSE", { seq: 4 });
		proxy.cut();
		expect((await ada.take(2))[1]).toMatchObject({ event: "gap", data: '{"reason":"expired"}' });
		await other.sse.publish("all", "5");
		expect((await ada.take(3))[2]).toMatchObject({ data: "5" });
		expect(dataOf(await bob.take(5))).toEqual(["1", "2", "3", "4", "5"]);
		await isReady(one, other);
	});

	it("a connection that is up but delivers nothing: nothing, once it is replaced or delivers again", async () => {
		const proxy = await startTcpProxy(server.port);
		onTestFinished(() => proxy.close());
		const [one, other] = [await start(proxy.port), await start()];
		const ada = await one.open("ada");
		await one.sse.publish("all", "1");
		await ada.take(1);
		proxy.mute("back");
		await other.sse.publish("all", "2");
		await eventually(() => !one.sse.health().ready, "the stall to be seen");
		proxy.cut();
		expect(dataOf(await ada.take(2))).toEqual(["1", "2"]);
		await isReady(one);
	});

	// Opening the log was proof enough: each attempt was reported, and the next one made at once.
	it("a user who may not follow the log: one report, and never ready", async () => {
		const own = await startConfigured(`
			accounts: { A: {
				jetstream: enabled
				users: [{ user: blind, password: a, permissions: { publish: { deny: ["$JS.API.CONSUMER.CREATE.>"] } } }]
			} }`);
		const connection = await connect(own.port, { user: "blind", pass: "a" });
		let attempts = 0;
		const counted: TestConnection = new Proxy(connection, {
			get: (target, name) => {
				const value = Reflect.get(target, name, target);
				if (typeof value !== "function") return value;
				return (...args: unknown[]) => {
					if (name === "publish" && String(args[0]).includes("CONSUMER.CREATE")) attempts++;
					return value.apply(target, args);
				};
			},
		});
		const { sse, errors } = await startService(counted, { prefix: "SSE" });
		let wasReady = false;
		await eventually(() => {
			wasReady ||= sse.health().ready;
			return attempts >= 4;
		}, "four attempts");
		expect(wasReady).toBe(false);
		expect(errors).toMatchObject([{ code: "ERR_SSE_LOG_FAILED" }]);
		expect(sse.health().log?.error).toContain("CONSUMER.CREATE");
	});
});
