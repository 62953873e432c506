/**
 * Timers and queues that serve all connections belong to the service: they run in no request's `AsyncLocalStorage`
 * context, and keep none alive.
 */
import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { eventually, openStream, startServer } from "@sse-service/testing";
import { afterEach, expect, it } from "vitest";
import { createEngineEventLog, type LogEngine } from "../src/engine.js";
import {
	connectSSE,
	createSSEService,
	getDefaultService,
	type SSEService,
	type SSEServiceOptions,
} from "../src/index.js";
import { MemoryEngine } from "./memory-engine.js";

const storage = new AsyncLocalStorage<string>();
const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

/** Connects two clients, each in its own request. @returns what was written to the second, with the context of that */
async function writesToSecond(
	options: SSEServiceOptions,
): Promise<{ sse: SSEService; writes: [string, string | undefined][] }> {
	const sse = createSSEService(options);
	const writes: [string, string | undefined][] = [];
	let requests = 0;
	const server = await startServer((req, res) => {
		const request = `request ${++requests}`;
		if (requests === 2) {
			const { write } = res;
			res.write = (chunk: unknown) => {
				writes.push([String(chunk), storage.getStore()]);
				return (write as (chunk: unknown) => boolean).call(res, chunk);
			};
		}
		storage.run(request, () => sse.connect({ req, res }));
	});
	closing.push(
		() => server.destroy(),
		() => sse.close(),
	);
	await openStream(server.url);
	await openStream(server.url);
	return { sse, writes };
}

it("the heartbeat belongs to no request", async () => {
	const { writes } = await writesToSecond({ heartbeatIntervalMs: 20 });
	await eventually(() => writes.some(([text]) => text.includes("heartbeat")));
	expect(writes.filter(([text]) => text.includes("heartbeat"))).not.toContainEqual([
		expect.anything(),
		expect.any(String),
	]);
});

it("a flush belongs to no request that has sent something", async () => {
	const { sse, writes } = await writesToSecond({ heartbeatIntervalMs: 0 });
	storage.run("sender", () => sse.send("all", "x"));
	await eventually(() => writes.length > 1);
	expect(writes.at(-1)).toEqual(["data: x\n\n", undefined]);
});

it("calls to an engine belong to no request, whether a client connects, sends or reconnects", async () => {
	const contexts = new Map<string, Set<string | undefined>>();
	const engine = new MemoryEngine();
	const driver = engine.driver();
	const noting = Object.fromEntries(
		Object.entries(driver).map(([name, member]) => [
			name,
			typeof member !== "function"
				? member
				: (...parameters: never[]) => {
						const told = contexts.get(name) ?? new Set();
						contexts.set(name, told.add(storage.getStore()));
						return (member as (...told: never[]) => unknown)(...parameters);
					},
		]),
	);
	const eventLog = createEngineEventLog(noting as unknown as LogEngine);
	const { sse } = await writesToSecond({ heartbeatIntervalMs: 0, eventLog });
	await storage.run("sender", async () => {
		await sse.publish("all", "x");
		sse.setMetadata("nobody", {});
		await sse.clientsIn();
	});
	await storage.run("closer", () => sse.close());
	expect([...contexts.keys()].sort()).toEqual(
		expect.arrayContaining(["append", "open", "post", "posted"]),
	);
	for (const [name, told] of contexts) expect([...told], name).toEqual([undefined]);
});

it("the default service does not belong to the request that created it", async () => {
	Reflect.deleteProperty(globalThis, Symbol.for("sse-service.default.v1"));
	const stores: unknown[] = [];
	const server = await startServer((req, res) => {
		storage.run("request", () => {
			const { connection } = connectSSE({ req, res });
			// The flush belongs to the context of the service, which connections reach as their host.
			const { host } = connection as unknown as {
				host: { flush: { schedule(flushable: { flush(): void }): void } };
			};
			host.flush.schedule({ flush: () => stores.push(storage.getStore()) });
		});
	});
	closing.push(
		() => server.destroy(),
		() => getDefaultService().disconnect("all"),
	);
	await openStream(server.url);
	await eventually(() => stores.length === 1);
	expect(stores).toEqual([undefined]);
});

/**
 * `jest --detectOpenHandles` takes a resource for an open handle unless it is destroyed or has a `hasRef` that says false.
 * It reported each context of a service.
 */
it("nothing that a service creates counts as an open handle", async () => {
	const held = new Map<number, { readonly type: string; readonly resource: object }>();
	const hook = createHook({
		init: (id, type, _trigger, resource) => {
			if (type !== "PROMISE") held.set(id, { type, resource });
		},
		destroy: (id) => void held.delete(id),
	}).enable();
	const eventLog = createEngineEventLog(new MemoryEngine().driver());
	const services = [
		createSSEService({ history: true, maxConnectionAgeMs: 1_000 }),
		createSSEService({ eventLog }),
	];
	hook.disable();
	closing.push(...services.map((sse) => () => sse.close()));
	const refs = [...held.values()].map(({ type, resource }) => [
		type,
		"hasRef" in resource && typeof resource.hasRef === "function" ? resource.hasRef() : "no hasRef",
	]);
	expect(refs).toContainEqual(["SSEService", false]);
	// Ids take random bytes in advance, in this tick as in any other. Jest does not count that, either.
	const brief = ["TickObject", "Immediate", "RANDOMBYTESREQUEST"];
	expect(refs.filter(([type, hasRef]) => !brief.includes(type as string) && hasRef)).toEqual([]);
});
