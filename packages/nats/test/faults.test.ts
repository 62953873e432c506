/**
 * What happens to NATS, and what becomes of the log: it continues where nothing was lost, and what was lost is never passed over.
 */
import { cpSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { measureIdle, settled } from "@sse-service/testing";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { startTcpProxy } from "@sse-service/testing/tcp-proxy";
import type { LogEngine, Storing } from "sse-service/engine";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { NatsEventLogOptions } from "../src/options.js";
import { append, Follower, openEngine, storing, textsOf } from "./engines.js";
import { purge, untilMirrored } from "./mirror.js";
import { askJetStream, CLIENTS, connectFor, type NatsServer, type TestConnection } from "./nats.js";
import { until } from "./until.js";

describe.skipIf(natsServerPath === undefined).each(CLIENTS)("over %s", (_name, connect) => {
	let server: NatsServer;
	/** Of the test itself. */
	let operator: TestConnection;

	beforeEach(async () => {
		server = await startNatsServer();
		onTestFinished(() => server.stop());
		operator = await connectTo(server.port);
	});

	const connectTo = (port: number): Promise<TestConnection> => connectFor(connect, port);
	const open = async (options: Partial<NatsEventLogOptions> = {}): Promise<LogEngine> =>
		openEngine({ connection: await connectTo(server.port), ...options });
	/** NATS has ended by then, and the log's follower knows it. */
	const openAndKill = async (): Promise<LogEngine> => {
		const engine = await open();
		const follower = new Follower(engine, 0);
		await append(engine, "0");
		await follower.until("0");
		await server.kill("SIGKILL");
		await follower.failure();
		return engine;
	};

	describe("a restart of NATS", () => {
		it("ends followers, and nothing else, if its files are kept", async () => {
			const engine = await open();
			const follower = new Follower(engine, 0);
			const { epoch } = await append(engine, "1", { latest: { group: "g", key: "k", max: 5 } });
			await follower.until("1");
			await server.kill("SIGKILL");
			expect(await follower.failure()).toContain("broken");
			await server.restart();
			expect(await append(engine, "2")).toMatchObject({ epoch, sequence: 2 });
			const next = new Follower(engine, 1);
			await next.until("2");
			expect(next.texts).toEqual(["2"]);
			expect(textsOf(await engine.latest("g"))).toEqual(["1"]);
		});

		it("starts another log if its files are gone", async () => {
			const engine = await open();
			const { epoch } = await append(engine, "1", { latest: { group: "g", key: "k", max: 5 } });
			await server.kill("SIGKILL");
			rmSync(join(server.folder, "jetstream"), { recursive: true });
			await server.restart();
			const at = await append(engine, "2");
			expect(at.sequence).toBe(1);
			expect(at.epoch).not.toBe(epoch);
			expect(await engine.newest()).toMatchObject({ epoch: at.epoch, sequence: 1 });
			expect(await engine.latest("g")).toEqual([]);
			await engine.post("name", "text", 60_000);
			expect(await engine.posted()).toEqual(new Map([["name", "text"]]));
		});

		it("holds what is appended in the meantime, and stores it in order, once", async () => {
			const engine = await openAndKill();
			const texts = ["1", "2", "3", "4", "5"];
			const calls = texts.map((text) => engine.append([storing(text)]));
			await server.restart();
			const answers = (await Promise.all(calls)).flat();
			expect(answers).toMatchObject(texts.map((text) => ({ sequence: Number(text) + 1 })));
			expect(textsOf(await engine.read(1, 10))).toEqual(["0", ...texts]);
		});

		// Cause: the time that a large message takes to be sent was added to the time it waited for a connection.
		it("drops what is appended in the meantime after five seconds, however large it is", async () => {
			const engine = await openAndKill();
			vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
			onTestFinished(() => void vi.useRealTimers());
			const texts = ["x".repeat(900_000), "small"];
			const calls = texts.map((text) => engine.append([storing(text)]));
			await vi.advanceTimersByTimeAsync(5_000);
			vi.useRealTimers();
			const answers = (await settled(Promise.all(calls), "the events to be dropped")).flat();
			expect(answers.map(String)).toEqual(
				texts.map(() => "Error: NATS is not connected within 5000 ms"),
			);
		});
	});

	it("a log that lost its newest events and reused their numbers is recognized", async () => {
		const engine = await open();
		const latest = (key: string): Partial<Storing> => ({ latest: { group: "g", key, max: 9 } });
		for (const text of ["1", "2", "3"]) await append(engine, text, latest(text));
		await untilMirrored(operator, "SSE", 3);
		// This is the state in which a machine that lost power restarts it.
		const files = join(server.folder, "jetstream/jetstream/$G/streams/SSE");
		await server.kill("SIGTERM");
		cpSync(files, join(server.folder, "then"), { recursive: true });
		await server.restart();
		const { epoch, tag } = await append(engine, "lost 4", latest("lost"));
		await append(engine, "lost 5", latest("lost"));
		await untilMirrored(operator, "SSE", 5);
		await server.kill("SIGTERM");
		rmSync(files, { recursive: true });
		renameSync(join(server.folder, "then"), files);
		await server.restart();
		expect(await engine.newest()).toMatchObject({ epoch, sequence: 3 });
		expect(await new Follower(engine, 5).failure()).toContain("lost");
		const again = await append(engine, "4", latest("4"));
		expect(again).toMatchObject({ epoch, sequence: 4 });
		expect(again.tag).not.toBe(tag);
		// It is opened whenever the log is followed again.
		await engine.open(() => {});
		await untilMirrored(operator, "SSE", 4);
		expect(textsOf(await engine.latest("g"))).toEqual(["1", "2", "3", "4"]);
		await append(engine, "5", latest("5"));
		await purge(operator, "SSE");
		expect(textsOf(await engine.latest("g"))).toEqual(["1", "2", "3", "4", "5"]);
	});

	describe("a stream", () => {
		it("that is deleted under a follower ends it, even though nothing reports that", async () => {
			const engine = await open();
			const follower = new Follower(engine, 0);
			await append(engine, "1");
			await follower.until("1");
			await askJetStream(operator, "STREAM.DELETE.SSE");
			expect(await follower.failure()).toContain("delivers no messages");
		});

		it("that another process replaced is not mistaken for the old one", async () => {
			const [engine, other] = [await open(), await open()];
			const { epoch } = await append(engine, "1");
			await append(engine, "2");
			await askJetStream(operator, "STREAM.DELETE.SSE");
			for (const text of ["a", "b", "c"]) await append(other, text);
			const at = await append(engine, "d");
			expect(at.sequence).toBe(4);
			expect(at.epoch).not.toBe(epoch);
			expect(await other.newest()).toMatchObject({ epoch: at.epoch, sequence: 4 });
			expect(textsOf(await engine.read(1, 10))).toEqual(["a", "b", "c", "d"]);
		});

		it("that is recreated while its files are being deleted still has its own files after a restart", async () => {
			const engine = await open();
			const large = Array.from({ length: 500 }, () => storing("x".repeat(100_000)));
			await engine.append(large);
			const before = await engine.newest();
			const deleted = askJetStream(operator, "STREAM.DELETE.SSE");
			const { epoch, sequence } = await until(
				"another log",
				() => append(engine, "new"),
				(at) => at.epoch !== before.epoch,
			);
			await deleted;
			await server.restart();
			expect(await engine.newest()).toMatchObject({ epoch, sequence });
			expect(await append(engine, "newer")).toMatchObject({ epoch, sequence: sequence + 1 });
		});

		it("that an operator recreates, just as it was, is another log", async () => {
			const engine = await open();
			const { epoch } = await append(engine, "1");
			const { config } = await askJetStream(operator, "STREAM.INFO.SSE");
			await askJetStream(operator, "STREAM.DELETE.SSE");
			await askJetStream(operator, "STREAM.CREATE.SSE", config as object);
			await append(engine, "2");
			const newest = await engine.newest();
			expect(newest.sequence).toBe(1);
			expect(newest.epoch).not.toBe(epoch);
		});

		it("that is purged continues for followers that have received everything", async () => {
			const engine = await open();
			const follower = new Follower(engine, 0);
			const { tag } = await append(engine, "1");
			await follower.until("1");
			await askJetStream(operator, "STREAM.PURGE.SSE");
			expect(await engine.newest()).toMatchObject({ sequence: 1, tag });
			await append(engine, "2");
			await follower.until("2");
			expect(follower.texts).toEqual(["1", "2"]);
		});

		it("that is purged beyond its follower's position fails the follower", async () => {
			const engine = await open();
			for (const text of ["1", "2", "3"]) await append(engine, text);
			await askJetStream(operator, "STREAM.PURGE.SSE", { seq: 3 });
			expect(await new Follower(engine, 1).failure()).toContain("lost");
			await askJetStream(operator, "STREAM.PURGE.SSE");
			expect(await new Follower(engine, 1).failure()).toContain("lost");
			const follower = new Follower(engine, 3);
			await append(engine, "4");
			await follower.until("4");
		});

		it("that has lost its data is not waited for", async () => {
			const engine = await open();
			await append(engine, "1");
			expect(await new Follower(engine, 5).failure()).toContain("lost");
		});

		it("whose consumer is deleted ends the follower", async () => {
			const engine = await open();
			const follower = new Follower(engine, 0);
			await append(engine, "1");
			await follower.until("1");
			const { consumers } = await askJetStream(operator, "CONSUMER.NAMES.SSE");
			for (const consumer of consumers as string[]) {
				await askJetStream(operator, `CONSUMER.DELETE.SSE.${consumer}`);
			}
			expect(await follower.failure()).toContain("delivers no messages");
		});

		it("that others publish to still has numbers without holes", async () => {
			const engine = await open();
			const follower = new Follower(engine, 0);
			await append(engine, "1");
			const { config } = await askJetStream(operator, "STREAM.INFO.SSE");
			const [all = ""] = (config as { subjects: string[] }).subjects;
			for (const junk of ["", "junk", "ABC\n", "x {\ny", "\xff\n"]) {
				await operator.request(all.replace(">", "event"), junk);
			}
			await append(engine, "2");
			await follower.until("2");
			const stored = await engine.read(1, 10);
			expect(stored.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7]);
			expect(follower.texts).toEqual(textsOf(stored));
		});
	});

	describe("a connection", () => {
		it("that is up but delivers nothing ends the follower", async () => {
			const proxy = await startTcpProxy(server.port);
			onTestFinished(() => proxy.close());
			const engine = await open({ connection: await connectTo(proxy.port) });
			const follower = new Follower(engine, 0);
			await append(engine, "1");
			await follower.until("1");
			proxy.mute("back");
			expect(await follower.failure()).toContain("delivers no messages");
		});

		it("to a frozen server ends the follower, and continues when the server does", async () => {
			const engine = await open();
			const follower = new Follower(engine, 0);
			await append(engine, "1");
			await follower.until("1");
			await server.kill("SIGSTOP");
			expect(await follower.failure()).toContain("delivers no messages");
			const appended = append(engine, "2");
			await server.kill("SIGCONT");
			expect(await appended).toMatchObject({ sequence: 2 });
			const next = new Follower(engine, 1);
			await next.until("2");
		});

		it("that the application closes fails everything at once", async () => {
			const connection = await connectTo(server.port);
			const engine = await open({ connection });
			const follower = new Follower(engine, 0);
			await append(engine, "1");
			await follower.until("1");
			await connection.close();
			expect(await follower.failure()).toContain("closed");
			const idle = measureIdle();
			await expect(engine.newest()).rejects.toThrow(/clos/i);
			const [answer] = await engine.append([storing("2")]);
			expect(idle()).toBeLessThan(2_000);
			expect(answer).toBeInstanceOf(Error);
		});

		it("stays as it was when the engine is closed, and no consumer stays behind", async () => {
			const connection = await connectTo(server.port);
			const engine = await open({ connection });
			const follower = new Follower(engine, 0);
			await append(engine, "1");
			await follower.until("1");
			await engine.latest("g");
			await engine.close();
			await follower.ended;
			expect(connection.isClosed()).toBe(false);
			await until(
				"no consumer",
				() => askJetStream(connection, "CONSUMER.NAMES.SSE"),
				({ total }) => total === 0,
			);
		});
	});
});
