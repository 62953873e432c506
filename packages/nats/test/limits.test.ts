/**
 * What NATS does not allow, or has not room for: said in an error or a warning, never passed over.
 */
import { join } from "node:path";
import { readMarkdown } from "@sse-service/testing/markdown";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { append, Follower, openEngine, storing, textsOf } from "./engines.js";
import {
	askJetStream,
	CLIENTS,
	connectFor,
	type NatsServer,
	newPrefix,
	startConfigured,
	type TestConnection,
} from "./nats.js";

const README = join(import.meta.dirname, "../README.md");

describe.skipIf(natsServerPath === undefined).each(CLIENTS)("over %s", (_name, connect) => {
	let server: NatsServer;

	beforeAll(async () => {
		server = await startNatsServer();
	});
	afterAll(() => server?.stop());

	const connectTo = (): Promise<TestConnection> => connectFor(connect, server.port);

	describe("a stream of that name", () => {
		const makeStream = async (
			connection: TestConnection,
			config: Readonly<Record<string, unknown>> & { readonly name: string },
		): Promise<void> => {
			await askJetStream(connection, `STREAM.CREATE.${config.name}`, {
				retention: "limits",
				storage: "memory",
				num_replicas: 1,
				...config,
			});
		};

		it.each(["", "_LATEST", "_POSTS"])("%s of another program is left alone", async (suffix) => {
			const [connection, prefix] = [await connectTo(), newPrefix()];
			const name = `${prefix}${suffix}`;
			await makeStream(connection, { name, subjects: [`${prefix}.orders`] });
			await expect(openEngine({ connection, prefix })).rejects.toMatchObject({
				code: "ERR_SSE_LOG_VERSION",
				message: expect.stringContaining("another prefix"),
			});
			const { config } = await askJetStream(connection, `STREAM.INFO.${name}`);
			expect(config).toMatchObject({ subjects: [`${prefix}.orders`] });
		});

		it("that is of a later format is left alone", async () => {
			const [connection, prefix] = [await connectTo(), newPrefix()];
			const description = "sse-service log, format 2.1, token abc";
			await makeStream(connection, { name: prefix, description, subjects: [`${prefix}.log.>`] });
			await expect(openEngine({ connection, prefix })).rejects.toMatchObject({
				code: "ERR_SSE_LOG_VERSION",
				message: expect.stringContaining("2.1"),
			});
		});

		it("keeps its data when it is asked for more than it may keep", async () => {
			const [connection, prefix] = [await connectTo(), newPrefix()];
			const engine = await openEngine({ connection, prefix, storage: "memory", maxBytes: 10_000 });
			const entries = ["1", "2", "x".repeat(20_000), "3"].map((text) => storing(text));
			expect(await engine.append(entries)).toMatchObject([
				{ sequence: 1 },
				{ sequence: 2 },
				{ code: "ERR_SSE_INVALID_DATA", message: expect.stringContaining("maxBytes") },
				{ sequence: 3 },
			]);
			expect(textsOf(await engine.read(1, 100))).toEqual(["1", "2", "3"]);
			await append(engine, "x".repeat(8_000));
			expect(textsOf(await engine.read(4, 100))).toEqual(["x".repeat(8_000)]);
		});

		it("that keeps less than requested causes a warning for each limit", async () => {
			const [connection, prefix] = [await connectTo(), newPrefix()];
			const small = { maxEvents: 10, maxBytes: 100_000, idempotencyMs: 1_000 };
			await openEngine({ connection, prefix, storage: "memory", ...small });
			const warnings: string[] = [];
			const engine = await openEngine({ connection, prefix }, (each) => warnings.push(each));
			expect(warnings).toHaveLength(4);
			const expected = ["10 events", "100000 bytes", "1000 ms", "in memory"];
			for (const [index, part] of expected.entries()) expect(warnings[index]).toContain(part);
			// It is as it was.
			await engine.append(Array.from({ length: 30 }, (_, at) => storing(`${at}`)));
			expect(textsOf(await engine.read(1, 100))).toHaveLength(10);
			const silent: string[] = [];
			await openEngine({ connection, prefix, ...small, storage: "memory" }, (each) =>
				silent.push(each),
			);
			expect(silent).toEqual([]);
		});
	});

	it("an event that is larger than a message may be is refused for good, and no other of its call", async () => {
		const engine = await openEngine({ connection: await connectTo(), prefix: newPrefix() });
		const answers = await engine.append([
			storing("before"),
			storing("x".repeat(2_000_000)),
			storing("behind"),
		]);
		expect(answers.map((answer) => answer instanceof Error)).toEqual([false, true, false]);
		expect(answers[1]).toMatchObject({
			code: "ERR_SSE_INVALID_DATA",
			message: expect.stringContaining("1048576 bytes in a message (max_payload)"),
		});
		expect(textsOf(await engine.read(1, 10))).toEqual(["before", "behind"]);
	});

	it("what NATS has no room for is refused with the reason of NATS", async () => {
		const small = await startConfigured(
			"jetstream: { max_file_store: 1MB, max_memory_store: 1MB }",
		);
		const connection = await connectFor(connect, small.port);
		await expect(openEngine({ connection })).rejects.toThrow(/insufficient storage/);
		const warnings: string[] = [];
		const engine = await openEngine({ connection, maxBytes: Infinity, prefix: "ANY" }, (each) =>
			warnings.push(each),
		);
		const answers = await engine.append(
			Array.from({ length: 30 }, () => storing("x".repeat(100_000))),
		);
		expect(String(answers.at(-1))).toMatch(/resource|storage/);
		const stored = answers.filter((answer) => !(answer instanceof Error));
		expect(stored.length).toBeGreaterThan(5);
		expect(await engine.newest()).toMatchObject({ sequence: stored.length });
	});

	it("an account with less storage than requested causes a warning", async () => {
		const limited = await startConfigured(`
			accounts: { A: {
				jetstream: { max_file: 200MB, max_mem: 1MB, max_streams: 5 }
				users: [{ user: a, password: a }]
			} }
		`);
		const connection = await connectFor(connect, limited.port, { user: "a", pass: "a" });
		const warnings: string[] = [];
		await openEngine({ connection }, (each) => warnings.push(each));
		expect(warnings).toEqual([]);
		await openEngine({ connection, maxBytes: 2 ** 30 }, (each) => warnings.push(each));
		expect(warnings.join("\n")).toContain("less than maxBytes (1073741824)");
	});

	it("an account without JetStream receives a clear error", async () => {
		const without = await startConfigured(`
			accounts: { A: { users: [{ user: a, password: a }] }, B: { jetstream: enabled } }
		`);
		const connection = await connectFor(connect, without.port, { user: "a", pass: "a" });
		await expect(openEngine({ connection })).rejects.toThrow("JetStream");
	});

	describe("a user", () => {
		const startWithUser = (permissions: string): Promise<NatsServer> =>
			startConfigured(
				`authorization: { users: [{ user: a, password: a, permissions: { ${permissions} } }] }`,
			);
		const documented = (): string => {
			const { blocks } = readMarkdown(README);
			return blocks.find(({ marker }) => marker === "permissions")?.text ?? "none";
		};

		it("who may do what the README says, and nothing else, can do everything", async () => {
			const restricted = await startWithUser(documented());
			const connection = await connectFor(connect, restricted.port, { user: "a", pass: "a" });
			const refusals: unknown[] = [];
			void (async () => {
				for await (const status of connection.status()) {
					if (status.type === "error") refusals.push(status);
				}
			})();
			const engine = await openEngine({ connection, maxAgeMs: 1 });
			const follower = new Follower(engine, 0);
			for (const key of ["1", "2", "3"]) {
				await append(engine, key, { latest: { group: "g", key, max: 1 }, idempotencyKey: key });
			}
			await append(engine, "3", { idempotencyKey: "3" });
			await follower.until("3");
			expect(textsOf(await engine.latest("g"))).toEqual(["3"]);
			await engine.post("name", "text", 60_000);
			expect(await engine.posted()).toEqual(new Map([["name", "text"]]));
			await engine.tidy?.();
			expect(textsOf(await engine.read(1, 10))).toEqual(["3"]);
			await engine.close();
			expect(refusals).toEqual([]);
		});

		it.each([
			["ask how the stream is", '"$JS.API.STREAM.INFO.SSE"', "$JS.API.STREAM.INFO.SSE"],
			["be answered", '"_INBOX.>"', "_INBOX."],
		])("a user who may not %s receives a clear error at once", async (_, permission, subject) => {
			const permissions = documented().replace(permission, '"else"');
			expect(permissions).not.toBe(documented());
			const restricted = await startWithUser(permissions);
			const connection = await connectFor(connect, restricted.port, { user: "a", pass: "a" });
			await expect(openEngine({ connection })).rejects.toThrow(`does not permit ${subject}`);
		});

		it("whose replies go elsewhere receives a clear error", async () => {
			const restricted = await startWithUser(documented().replace("_INBOX.>", "_INBOX_a.>"));
			const inboxPrefix = "_INBOX_a";
			const connection = await connectFor(connect, restricted.port, {
				...{ user: "a", pass: "a" },
				inboxPrefix,
			});
			const engine = await openEngine({ connection, inboxPrefix });
			const follower = new Follower(engine, 0);
			await append(engine, "1");
			await follower.until("1");
		});

		it("a user who may not append receives a clear error, and everything else continues", async () => {
			const permissions = documented().replace('"SSE.log.>", ', "");
			const restricted = await startWithUser(permissions);
			const connection = await connectFor(connect, restricted.port, { user: "a", pass: "a" });
			const engine = await openEngine({ connection });
			await expect(append(engine, "1")).rejects.toThrow("does not permit SSE.log.");
			expect(await engine.newest()).toMatchObject({ sequence: 0 });
		});
	});
});
