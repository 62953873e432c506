/**
 * Two services as two processes have them, over real sockets and one Redis, each with a client library of its own.
 */
import {
	eventually,
	openStream,
	startServer,
	type TestServer,
	type TestStream,
} from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { EventSource } from "eventsource";
import { createSSEService, type SSEService, type SSEServiceOptions } from "sse-service";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { redisEventLog } from "../src/index.js";
import { type OpenClient, openClient } from "./clients.js";

interface Member {
	readonly sse: SSEService;
	readonly server: TestServer;
	readonly opened: OpenClient;
}

describe.skipIf(redisServerPath === undefined)("two services over one Redis", () => {
	let redis: Awaited<ReturnType<typeof startRedisServer>>;
	let logs = 0;
	let one: Member;
	let other: Member;
	const sources: EventSource[] = [];

	beforeAll(async () => {
		redis = await startRedisServer();
	});
	afterAll(() => redis.stop());

	beforeEach(async () => {
		const prefix = `services ${++logs}`;
		one = await start("node-redis 6", prefix);
		other = await start("ioredis 6", prefix);
		await eventually(() => [one, other].every(({ sse }) => sse.health().ready), "proof");
	});
	afterEach(async () => {
		for (const source of sources.splice(0)) source.close();
		for (const member of [one, other]) await stop(member);
	});

	async function start(
		library: string,
		prefix: string,
		options: SSEServiceOptions = {},
	): Promise<Member> {
		const opened = await openClient(library, redis.port);
		const sse = createSSEService({
			eventLog: redisEventLog({ client: opened.client, prefix }),
			history: { groups: { prices: { latest: true } } },
			retryMs: 5,
			publishTimeoutMs: 0,
			...options,
		});
		const server = await startServer((req, res) => {
			const { searchParams } = new URL(req.url ?? "", "http://localhost");
			const clientId = searchParams.get("user") ?? undefined;
			sse.connect({ req, res, clientId, groups: searchParams.getAll("group") });
		});
		return { sse, server, opened };
	}

	/** The server first: a client that reconnects would come to a service that is closed. */
	async function stop({ sse, server, opened }: Member): Promise<void> {
		await server.destroy();
		await sse.close();
		opened.close();
	}

	/** What a client that reconnects on its own has received. */
	function listen(member: Member, query = ""): string[] {
		const had: string[] = [];
		const source = new EventSource(`${member.server.url}/?${query}`);
		sources.push(source);
		for (const type of ["message", "gap"]) {
			source.addEventListener(type, ({ data }) => had.push(data));
		}
		return had;
	}

	const connected = (member: Member, count: number): Promise<void> =>
		eventually(() => member.sse.stats().connections === count, `${count} connections`);

	const lastId = ({ events }: TestStream): string => events.at(-1)?.id ?? "";

	// The engine kept the newest event of one process only, and gave it to every process that started later.
	it("give a new client the newest event, even if one of them does not keep the group", async () => {
		const prefix = `services ${logs}`;
		const errors: unknown[] = [];
		const onError = (error: unknown): unknown => errors.push(error);
		const plain = await start("node-redis 6", prefix, { history: true, onError });
		await one.sse.publish({ group: "prices" }, "1", { key: "ACME" });
		await plain.sse.publish({ group: "prices" }, "2", { key: "ACME" });
		await eventually(() => errors.length > 0, "the difference to be reported");
		expect(errors).toMatchObject([
			{ code: "ERR_SSE_LOG_CONFIG", message: expect.stringContaining('"prices"') },
		]);
		await plain.sse.publish({ group: "prices" }, "3", { key: "ACME" });
		// More than a process that starts reads of the log.
		for (let count = 0; count < 20; count++) await plain.sse.publish("all", "x");
		await stop(plain);
		await stop(other);
		const history = { maxEvents: 5, groups: { prices: { latest: true } } };
		other = await start("ioredis 6", prefix, { history });
		const had = listen(other, "group=prices");
		await eventually(() => had.length > 0);
		expect(had).toEqual(["3"]);
	});

	it("give a new client the newest events of a pattern's groups, as many as the pattern keeps", async () => {
		const prefix = `services ${++logs}`;
		const options = {
			history: { maxEvents: 5, groups: { "job:*": { latest: true, maxEvents: 3 } } },
		};
		for (const member of [one, other]) await stop(member);
		one = await start("node-redis 6", prefix, options);
		for (const state of ["queued", "done"]) {
			for (const job of [1, 2, 3, 4])
				await one.sse.publish({ group: `job:${job}` }, `${job} ${state}`);
		}
		// More than a process that starts reads of the log.
		for (let count = 0; count < 20; count++) await one.sse.publish("all", "x");
		other = await start("ioredis 6", prefix, options);
		const had = listen(other, "group=job:4&group=job:1&group=job:2");
		await eventually(() => had.length > 1);
		expect(had).toEqual(["2 done", "4 done"]);
	});

	it("give all their clients the same events in the same order, regardless of the sender", async () => {
		const had = [one, other].flatMap((member) => [listen(member), listen(member)]);
		await connected(one, 2);
		await connected(other, 2);
		const published: Promise<unknown>[] = [];
		for (let index = 0; index < 500; index++) {
			published.push(one.sse.publish("all", `one ${index}`));
			published.push(other.sse.publish("all", `other ${index}`));
			if (index % 50 === 0) await published.at(-1);
		}
		await Promise.all(published);
		for (const each of had) await eventually(() => each.length >= 1_000, "1,000 events");
		const [first = [], ...rest] = had;
		for (const each of rest) expect(each).toEqual(first);
		for (const sender of ["one", "other"]) {
			expect(first.filter((data) => data.startsWith(`${sender} `))).toEqual(
				Array.from({ length: 500 }, (_, index) => `${sender} ${index}`),
			);
		}
	});

	it("reach a client by its id and its groups, in any process", async () => {
		const ada = listen(other, "user=ada&group=news");
		const bob = listen(other, "user=bob");
		await connected(other, 2);
		await one.sse.publish({ client: "ada" }, "to ada");
		await one.sse.publish({ group: "news" }, "to news");
		one.sse.join({ client: "bob" }, "news");
		await one.sse.publish({ group: "news" }, "to both");
		await eventually(() => ada.length === 3 && bob.length === 1, "their events");
		expect([ada, bob]).toEqual([["to ada", "to news", "to both"], ["to both"]]);
		one.sse.disconnect({ client: "ada" }, "over");
		await eventually(() => other.sse.stats().closes.over === 1, "the end of ada's stream");
	});

	it("give a client that reconnects to the other what it missed", async () => {
		const before = await openStream(`${one.server.url}/?group=news`);
		await one.sse.publish({ group: "news" }, "1");
		await before.take(1);
		before.abort();
		const expected = Array.from({ length: 2_000 }, (_, index) => `${index}`);
		await Promise.all(expected.map((data) => one.sse.publish({ group: "news" }, data)));
		const headers = { "Last-Event-ID": lastId(before) };
		const back = await openStream(`${other.server.url}/?group=news`, { headers });
		expect((await back.take(expected.length)).map(({ data }) => data)).toEqual(expected);
		back.abort();
	});

	it("give clients that join a group its newest events, even if the service started later", async () => {
		await one.sse.publish({ group: "prices" }, "A1", { key: "A" });
		await one.sse.publish({ group: "prices" }, "B1", { key: "B" });
		await one.sse.publish({ group: "prices" }, "A2", { key: "A" });
		const later = await start("node-redis 5", `services ${logs}`);
		const late = listen(later, "group=prices");
		await eventually(() => late.length === 2, "the newest");
		expect(late).toEqual(["B1", "A2"]);
		await stop(later);
	});

	it("know each other's clients, and that the log arrives", async () => {
		listen(other, "user=ada&group=news");
		await connected(other, 1);
		const here = async (): Promise<boolean> =>
			(await one.sse.clientsIn("news")).some(({ clientId }) => clientId === "ada");
		await eventually(here, "ada");
		await eventually(() => one.sse.health().ready && other.sse.health().ready, "proof");
	});
});
