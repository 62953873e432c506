/**
 * Presence: what leaves a process, and when; and what application data in it cannot break.
 */
import { openStream, startServer } from "@sse-service/testing";
import { afterEach, expect, it } from "vitest";
import { createEngineEventLog } from "../src/engine.js";
import { createSSEService, type SSEService, type SSEServiceOptions } from "../src/index.js";
import { MemoryEngine } from "./memory-engine.js";
import { type Serving, startService } from "./serving.js";

const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

/** Records what is posted. */
class Board extends MemoryEngine {
	readonly texts: string[] = [];

	override driver(): ReturnType<MemoryEngine["driver"]> {
		const driver = super.driver();
		return {
			...driver,
			post: (name, text, ttlMs) => {
				this.texts.push(text);
				return driver.post(name, text, ttlMs);
			},
		};
	}
}

async function serve(engine: MemoryEngine, options: SSEServiceOptions = {}): Promise<Serving> {
	const eventLog = createEngineEventLog(engine.driver());
	const serving = await startService({ heartbeatIntervalMs: 0, ...options, eventLog });
	closing.push(
		() => serving.server.destroy(),
		() => serving.sse.close(),
	);
	return serving;
}

it("posts nothing about clients unless asked, and then only the group asked for", async () => {
	const engine = new Board();
	const one = await serve(engine);
	const other = await serve(engine);
	await one.open({ clientId: "ada", groups: ["a"], meta: { secret: "of a" } });
	await one.open({ clientId: "ada", groups: ["b"], meta: { secret: "of b" } });
	await one.open({ clientId: "bob", groups: ["b"], meta: { secret: "of bob" } });
	await expect.poll(() => engine.texts.length).toBeGreaterThanOrEqual(2);
	expect(engine.texts.join()).not.toMatch(/"ada\b|secret/);
	await expect
		.poll(() => other.sse.clientsIn("a"))
		.toEqual([{ clientId: "ada", meta: { secret: "of a" }, connections: 1 }]);
	expect(engine.texts.join()).toContain("of a");
	expect(engine.texts.join()).not.toMatch(/of b/);
	await expect.poll(() => other.sse.clientsIn()).toHaveLength(2);
});

it("waits for the answers of other processes", async () => {
	const engine = new Board();
	const services = [await serve(engine), await serve(engine), await serve(engine)];
	for (const [index, { open }] of services.entries()) await open({ clientId: `client ${index}` });
	// Each has posted that it is there.
	await expect.poll(() => engine.texts.length).toBeGreaterThanOrEqual(3);
	const [one] = services;
	expect(await one?.sse.clientsIn()).toHaveLength(3);
	// The posts are not read again.
	const asks = engine.newest.sequence;
	expect(await one?.sse.clientsIn()).toHaveLength(3);
	expect(engine.newest.sequence).toBe(asks);
});

const cycle: { self?: unknown } = {};
cycle.self = cycle;
const NOT_JSON: readonly [name: string, meta: object][] = [
	["a BigInt", { id: 1n }],
	["a cycle", cycle],
	[
		"a getter that throws",
		{
			get name(): string {
				throw new Error("no");
			},
		},
	],
	["a toJSON that is no object", { toJSON: () => "text" }],
];

it.each(NOT_JSON)("meta with %s is refused where it enters, with an eventLog", async (_n, meta) => {
	const { sse, open } = await serve(new MemoryEngine());
	await open({ clientId: "ada" });
	const refused = expect.objectContaining({ code: "ERR_SSE_INVALID_META" });
	expect(() => sse.setMetadata("ada", meta)).toThrowError(refused);
	const errors: unknown[] = [];
	const server = await startServer((req, res) => {
		try {
			sse.connect({ req, res, meta });
		} catch (error) {
			errors.push(error);
			res.end();
		}
	});
	closing.push(() => server.destroy());
	await openStream(server.url);
	expect(errors).toEqual([refused]);
	expect(sse.stats().connections).toBe(1);
});

it.each(NOT_JSON)("meta with %s is the application's own without an eventLog", async (_n, meta) => {
	const serving = await startService({ heartbeatIntervalMs: 0 });
	closing.push(
		() => serving.server.destroy(),
		() => serving.sse.close(),
	);
	await serving.open({ clientId: "ada", meta });
	expect(serving.sse.getClient("ada")?.clientId).toBe("ada");
});

it("a client whose meta can no longer be JSON is listed without it, the others with theirs", async () => {
	const errors: unknown[] = [];
	const engine = new MemoryEngine();
	const one = await serve(engine, { onError: (error) => errors.push(error) });
	const other = await serve(engine);
	await one.open({ clientId: "ada", meta: { name: "Ada" } });
	await one.open({ clientId: "bob", meta: { name: "Bob" } });
	const ada = one.sse.getClient("ada");
	if (ada === undefined) throw new Error("not connected");
	ada.meta.id = 1n;
	await expect
		.poll(() => other.sse.clientsIn())
		.toEqual([
			{ clientId: "ada", meta: {}, connections: 1 },
			{ clientId: "bob", meta: { name: "Bob" }, connections: 1 },
		]);
	expect(errors).toEqual([expect.any(TypeError)]);
});

it("closes the log also when its last post fails", async () => {
	const engine = new MemoryEngine();
	let closed = 0;
	const driver = engine.driver();
	const eventLog = createEngineEventLog({
		...driver,
		close: () => {
			closed++;
			return driver.close();
		},
		post: () => {
			throw new Error("no");
		},
	});
	const sse: SSEService = createSSEService({ eventLog, onError: () => {} });
	await sse.close();
	expect(closed).toBe(1);
});
