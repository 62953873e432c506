/**
 * Runs of several processes over NATS.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@sse-service/testing";
import { readMarkdown } from "@sse-service/testing/markdown";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { describeSharedRuns } from "@sse-service/testing/shared-runs";
import {
	createRuns,
	type RunEntry,
	type RunStatus,
	type RunStore,
	type Runs,
} from "sse-service/runs";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { natsRunStore } from "../src/index.js";
import {
	askJetStream,
	CLIENTS,
	connectFor,
	type NatsServer,
	newPrefix,
	startConfigured,
	type TestConnection,
} from "./nats.js";

const RULES = { leaseMs: 60_000, ttlMs: 60_000, maxRuns: 1_000 };
const [[, connect] = []] = CLIENTS;
if (connect === undefined) throw new Error("There is no client");

describe.skipIf(natsServerPath === undefined)("runs over NATS", () => {
	let server: NatsServer;
	let connection: TestConnection;
	let prefix: string;

	beforeAll(async () => {
		server = await startNatsServer();
		connection = await connect(server.port);
	});
	beforeEach(() => {
		prefix = newPrefix();
	});
	afterAll(async () => {
		await connection.close();
		await server.stop();
	});

	describeSharedRuns("over NATS", {
		open: async (options): Promise<Runs> =>
			createRuns({ store: natsRunStore({ connection, prefix }), ...options }),
		spawnProducer(leaseMs) {
			const program = join(import.meta.dirname, "apps/run-producer.mjs");
			const args = [program, String(server.port), prefix, String(leaseMs)];
			return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
		},
		close() {},
	});

	function openStore(over = connection, options: { maxBytes?: number } = {}): RunStore {
		const store = natsRunStore({ connection: over, prefix, ...options });
		onTestFinished(() => store.close());
		return store;
	}

	async function claim(store: RunStore, id: string): Promise<RunStatus> {
		return (await store.claim(id, RULES)).status;
	}

	function write(
		store: RunStore,
		{ id, attempt, term }: RunStatus,
		after: number,
		...data: string[]
	): Promise<readonly (number | undefined)[]> {
		const entries = data.map((each) => ({ data: each }));
		return store.write([{ id, attempt, term, after, entries, rules: RULES }]);
	}

	async function readAll(store: RunStore, { id, attempt }: RunStatus): Promise<string[]> {
		const read: RunEntry[] = [];
		for (;;) {
			const page = (await store.read(id, attempt, read.length + 1, 100)) ?? [];
			if (page.length === 0) return read.map(({ data }) => data);
			read.push(...page);
		}
	}

	it("go to those that follow, and to nobody else", async () => {
		const idleConnection = await connectFor(connect, server.port);
		const idle = openStore(idleConnection);
		const run = await claim(openStore(), "r");
		// It has a run of its own, so that its subscriptions are there.
		await claim(idle, "other");
		const bytes = (): number =>
			(idleConnection as unknown as { stats(): { inBytes: number } }).stats().inBytes;
		const before = bytes();
		const token = "token ".repeat(100);
		const producer = openStore();
		for (let i = 0; i < 100; i++) await write(producer, run, i, token);
		expect(await readAll(producer, run)).toHaveLength(100);
		// Pings, at most; the tokens have 60,000.
		expect(bytes() - before).toBeLessThan(1_000);
	});

	it("leave no consumer behind", async () => {
		const store = openStore();
		const run = await claim(store, "r");
		store.watch(run, () => {});
		for (let i = 0; i < 20; i++) await write(store, run, i, "x");
		expect(await readAll(store, run)).toHaveLength(20);
		await eventually(async () => {
			const { state } = await askJetStream(connection, `STREAM.INFO.${prefix}_RUNS`);
			return (state as { consumer_count: number }).consumer_count === 0;
		}, "the consumers to be gone");
	});

	it("bring events and snapshots that are larger than a message may be, and many at a time", async () => {
		const [here, there] = [openStore(), openStore()];
		const run = await claim(here, "r");
		const large = "✓ large ".repeat(300_000);
		const live: number[] = [];
		there.watch(run, () => live.push(live.length));
		expect(await there.read("r", run.attempt, 1, 9)).toEqual([]);
		const { id, attempt, term } = run;
		const snapshot = { sequence: 3, state: JSON.stringify(large) };
		const entries = ["a", large, "b"].map((data) => ({ data }));
		await here.write([{ id, attempt, term, after: 0, entries, snapshot, rules: RULES }]);
		await write(here, run, 3, "c");
		await eventually(() => live.length > 0, "the large event");
		for (const store of [there, here]) {
			await eventually(async () => (await readAll(store, run)).length === 4, "all events");
			expect(await readAll(store, run)).toEqual(["a", large, "b", "c"]);
			expect(await store.snapshot("r", run.attempt)).toEqual(snapshot);
			for (let from = 1; from <= 4; from++) {
				expect(await store.read("r", attempt, from, 1)).toHaveLength(1);
			}
		}
		expect((await there.settle("r"))?.length).toBe(large.length + 3);
	});

	// Cause: the entry behind the lost one was taken for it.
	it("end for a reader where the stream has lost an entry", async () => {
		const store = openStore();
		const run = await claim(store, "r");
		for (const [after, data] of ["1", "2", "3"].entries()) await write(store, run, after, data);
		// The claim is the first message.
		await askJetStream(connection, `STREAM.MSG.DELETE.${prefix}_RUNS`, { seq: 3 });
		expect(await store.read("r", run.attempt, 1, 9)).toEqual([{ data: "1" }]);
		expect(await store.read("r", run.attempt, 2, 9)).toBeUndefined();
		expect(await store.read("r", run.attempt, 3, 9)).toEqual([{ data: "3" }]);
		await store.cancel("r", undefined, RULES.ttlMs);
		const runs = createRuns({ store });
		const follow = async (headers = {}) =>
			(await runs.follow("r", new Request("http://localhost", { headers }))) as Response;
		const text = await (await follow()).text();
		expect(text.match(/^(?:event|data): .*$/gm)).toEqual([
			"data: 1",
			"event: gap",
			'data: {"reason":"expired"}',
			"event: cancelled",
			"data: {}",
		]);
		// A reader came back for the same for as long as the run was kept.
		const [, id = ""] = /^id: (.*)$/m.exec(text.slice(text.indexOf("cancelled"))) ?? [];
		expect((await follow({ "Last-Event-ID": id })).status).toBe(204);
	});

	it("are read from any position among those of many others", async () => {
		const store = openStore();
		const runs = await Promise.all(["1", "2", "3", "4"].map((id) => claim(store, id)));
		for (let i = 0; i < 300; i++) {
			await Promise.all(runs.map((run) => write(store, run, i, `${run.id} ${i}`)));
		}
		const [, second] = runs as [RunStatus, RunStatus];
		for (const from of [1, 2, 100, 257, 299, 300, 301]) {
			const read = await openStore().read("2", second.attempt, from, 20);
			const expected = Array.from(
				{ length: Math.min(20, 301 - from) },
				(_, i) => `2 ${from + i - 1}`,
			);
			expect(read?.map(({ data }) => data)).toEqual(expected);
		}
	});

	it("are removed from the stream when their time is over, and when they are claimed again", async () => {
		const [here, there] = [openStore(), openStore()];
		const kept = async (): Promise<unknown> => {
			const { state } = await askJetStream(connection, `STREAM.INFO.${prefix}_RUNS`);
			return (state as { messages: number }).messages;
		};
		const run = await claim(here, "r");
		await write(here, run, 0, "a");
		await here.cancel("r", undefined, 60_000);
		const again = await claim(there, "r");
		expect(await there.read("r", run.attempt, 1, 9)).toBeUndefined();
		await eventually(async () => (await kept()) === 1, "the earlier attempt to be removed");
		expect((await there.settle("r"))?.attempt).toBe(again.attempt);
		await here.cancel("r", undefined, 1);
		await eventually(async () => (await kept()) === 0, "the run to be removed");
	});

	it("whose beginning the stream has dropped are no longer kept", async () => {
		const store = openStore(connection, { maxBytes: 20_000 });
		const run = await claim(store, "r");
		for (let i = 0; i < 40; i++) await write(store, run, i, "x".repeat(1_000));
		expect(await store.read("r", run.attempt, 1, 9)).toBeUndefined();
		expect(await store.read("r", run.attempt, 39, 9)).toHaveLength(2);
	});
});

describe.skipIf(natsServerPath === undefined).each(CLIENTS)("runs over %s", (_name, open) => {
	it("survive a restart of NATS: a follower gets every event, and the producer continues", async () => {
		const server = await startNatsServer();
		onTestFinished(() => server.stop());
		const [one, other] = [await connectFor(open, server.port), await connectFor(open, server.port)];
		const [here, there] = [natsRunStore({ connection: one }), natsRunStore({ connection: other })];
		onTestFinished(async () => {
			await here.close();
			await there.close();
		});
		const { status: run } = await here.claim("r", RULES);
		const append = async (after: number): Promise<void> => {
			const { id, attempt, term } = run;
			const entries = [{ data: String(after) }];
			const write = { id, attempt, term, after, entries, rules: RULES };
			await eventually(async () => (await here.write([write]))[0] === after + 1, "the write");
		};
		let changes = 0;
		there.watch(run, () => changes++);
		await append(0);
		expect(await there.read("r", run.attempt, 1, 9)).toHaveLength(1);
		await server.kill("SIGKILL");
		await server.restart();
		await append(1);
		const seen = changes;
		await append(2);
		await eventually(
			async () => (await there.read("r", run.attempt, 1, 9))?.length === 3,
			"all events",
		);
		await eventually(() => changes > seen, "a change");
	});

	it("are lost with the files of NATS: an id can be claimed, and its old producer is refused", async () => {
		const server = await startNatsServer();
		onTestFinished(() => server.stop());
		const store = natsRunStore({ connection: await connectFor(open, server.port) });
		onTestFinished(() => store.close());
		const { status: run } = await store.claim("r", RULES);
		await server.kill("SIGKILL");
		rmSync(join(server.folder, "jetstream"), { recursive: true });
		await server.restart();
		const { id, attempt, term } = run;
		const write = { id, attempt, term, after: 0, entries: [{ data: "x" }], rules: RULES };
		await eventually(async () => (await store.write([write]))[0] === undefined, "the refusal");
		expect(await store.settle("r")).toBeUndefined();
		expect((await store.claim("r", RULES)).isOwn).toBe(true);
	});

	const startWithUser = async (permissions: string): Promise<TestConnection> => {
		const user = `{ user: a, password: a, permissions: { ${permissions} } }`;
		const { port } = await startConfigured(`authorization: { users: [${user}] }`);
		return connectFor(open, port, { user: "a", pass: "a" });
	};
	const documented = (): string => {
		const { blocks } = readMarkdown(join(import.meta.dirname, "../README.md"));
		return blocks.find(({ marker }) => marker === "permissions: runs")?.text ?? "none";
	};

	it("need the permissions that the README names, and no others", async () => {
		const connection = await startWithUser(documented());
		const errors: unknown[] = [];
		// Its own failures have no receiver.
		const onError = async (error: unknown): Promise<void> => {
			errors.push(error);
			throw error;
		};
		const store = natsRunStore({ connection, onError });
		onTestFinished(() => store.close());
		const { status: run } = await store.claim("r", RULES);
		store.watch(run, () => {});
		store.onReleased(() => {});
		const { id, attempt, term } = run;
		await store.write([{ id, attempt, term, after: 0, entries: [{ data: "x" }], rules: RULES }]);
		expect(await store.read("r", attempt, 1, 9)).toEqual([{ data: "x" }]);
		expect(await store.list(9)).toMatchObject([{ id: "r", sequence: 1 }]);
		await store.cancel("r", undefined, 60_000);
		expect((await store.claim("r", RULES)).isOwn).toBe(true);
		expect(errors).toEqual([]);
	});

	it("report what they may not subscribe to", async () => {
		const permissions = documented().replace('"SSE.runs.live.*"', '"else"');
		expect(permissions).not.toBe(documented());
		const errors: unknown[] = [];
		const connection = await startWithUser(permissions);
		const store = natsRunStore({ connection, onError: (error) => errors.push(error) });
		onTestFinished(() => store.close());
		store.watch((await store.claim("r", RULES)).status, () => {});
		await eventually(() => errors.length > 0, "the refusal to be reported");
		expect(String(errors[0])).toContain("SSE.runs.live.");
	});
});
