/**
 * What becomes too old, by the server's clock.
 */
import { setTimeout } from "node:timers/promises";
import { inTime } from "@sse-service/testing";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { append, openEngine, storing, textsOf } from "./engines.js";
import { CLIENTS, connectFor, type NatsServer, newPrefix } from "./nats.js";

describe.skipIf(natsServerPath === undefined).each(CLIENTS)("over %s", (_name, connect) => {
	let server: NatsServer;

	beforeAll(async () => {
		server = await startNatsServer();
	});
	afterAll(() => server?.stop());
	afterEach(() => {
		vi.useRealTimers();
	});

	it("is removed, all of it, and nothing else", async () => {
		const connection = await connectFor(connect, server.port);
		const prefix = newPrefix();
		const patient = await openEngine({ connection, prefix, maxAgeMs: 600_000 });
		const engine = await openEngine({ connection, prefix, maxAgeMs: 500 });
		await engine.append(Array.from({ length: 100 }, (_, at) => storing(`old ${at}`)));
		await patient.tidy?.();
		expect(await engine.read(1, 200)).toHaveLength(100);
		const young = Array.from({ length: 7 }, (_, at) => `young ${at}`);
		const left = await inTime(1_000, async () => {
			await setTimeout(600);
			await engine.append(young.map((text) => storing(text)));
			await engine.tidy?.();
			return engine.read(1, 200);
		});
		expect(textsOf(left)).toEqual(young);
		await setTimeout(600);
		await engine.tidy?.();
		// The newest stays: it is the proof that nothing was missed.
		const stored = await engine.read(1, 200);
		expect(textsOf(stored)).toEqual(["young 6"]);
		const { sequence, tag } = left.at(-1) ?? {};
		expect(await engine.newest()).toMatchObject({ sequence, tag });
		expect(stored[0]?.tag).toBe(tag);
	});

	it("is not what a process with a wrong clock says", async () => {
		const connection = await connectFor(connect, server.port);
		const engine = await openEngine({ connection, prefix: newPrefix(), maxAgeMs: 60_000 });
		for (const text of ["1", "2", "3"]) await append(engine, text);
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 24 * 3_600_000 });
		await engine.tidy?.();
		expect(textsOf(await engine.read(1, 10))).toEqual(["1", "2", "3"]);
	});
});
