/**
 * The newest events of groups: right whatever happens between their storing and their being mirrored.
 */

import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import type { LogEngine } from "sse-service/engine";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { append, openEngine, storing, textsOf } from "./engines.js";
import { purge, untilMirrored } from "./mirror.js";
import {
	askJetStream,
	CLIENTS,
	connectFor,
	type NatsServer,
	newPrefix,
	type TestConnection,
} from "./nats.js";

describe.skipIf(natsServerPath === undefined).each(CLIENTS)("over %s", (_name, connect) => {
	let server: NatsServer;
	let operator: TestConnection;
	let prefix: string;

	beforeAll(async () => {
		server = await startNatsServer();
	});
	afterAll(() => server?.stop());
	beforeEach(async () => {
		prefix = newPrefix();
		operator = await connectFor(connect, server.port);
	});

	const open = async (): Promise<LogEngine> =>
		openEngine({ connection: await connectFor(connect, server.port), prefix });
	const ask = (subject: string, body = {}): Promise<Record<string, unknown>> =>
		askJetStream(operator, subject, body);
	const latest = (
		key: string,
		max = 10,
	): { latest: { group: string; key: string; max: number } } => ({
		latest: { group: "prices", key, max },
	});

	it("of three processes that write one key at the same time, the last in the log stays", async () => {
		const engines = [await open(), await open(), await open()];
		const calls = Array.from({ length: 100 }, (_, count) =>
			engines.map((engine, at) => engine.append([storing(`${at}.${count}`, latest("key"))])),
		);
		await Promise.all(calls.flat());
		const last = (await engines[0]?.read(300, 1)) ?? [];
		expect(last).toHaveLength(1);
		for (const engine of engines) expect(await engine.latest("prices")).toEqual(last);
		await purge(operator, prefix);
		for (const engine of engines) expect(await engine.latest("prices")).toEqual(last);
	});

	it("what is stored before there is a mirror is in it", async () => {
		const engine = await open();
		await append(engine, "A", latest("A"));
		await append(engine, "B", latest("B"));
		await ask(`STREAM.DELETE.${prefix}_LATEST`).catch(() => {});
		await append(engine, "C", latest("C"));
		const later = await open();
		expect(textsOf(await later.latest("prices"))).toEqual(["A", "B", "C"]);
		await purge(operator, prefix);
		expect(textsOf(await later.latest("prices"))).toEqual(["A", "B", "C"]);
	});

	it("a mirror of a log that no longer exists is replaced", async () => {
		const engine = await open();
		for (let count = 0; count < 5; count++) await append(engine, "old", latest(`${count}`));
		await untilMirrored(operator, prefix, 5);
		await ask(`STREAM.DELETE.${prefix}`);
		await append(engine, "new", latest("new"));
		expect(textsOf(await engine.latest("prices"))).toEqual(["new"]);
		await purge(operator, prefix);
		expect(textsOf(await engine.latest("prices"))).toEqual(["new"]);
	});

	it("there is no mirror if no group keeps its newest events", async () => {
		const engine = await open();
		await append(engine, "1");
		await engine.tidy?.();
		const { streams } = await ask("STREAM.NAMES");
		expect(streams).toContain(prefix);
		expect(streams).not.toContain(`${prefix}_LATEST`);
	});

	it("excess keys are removed in time, and no others", async () => {
		const engine = await open();
		await engine.append(
			Array.from({ length: 50 }, (_, at) => storing(`${at}`, latest(`${at}`, 5))),
		);
		await append(engine, "other", { latest: { group: "other", key: "k", max: 5 } });
		await untilMirrored(operator, prefix, 51);
		await engine.tidy?.();
		const { state } = await ask(`STREAM.INFO.${prefix}_LATEST`);
		expect(state).toMatchObject({ messages: 6 });
		await purge(operator, prefix);
		expect(textsOf(await engine.latest("prices"))).toEqual(["45", "46", "47", "48", "49"]);
		expect(textsOf(await engine.latest("other"))).toEqual(["other"]);
	});
});
