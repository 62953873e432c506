/**
 * What the compiler checks. The assertions are the `@ts-expect-error` lines: the type check fails where one is not needed.
 */
import { describe, expect, it } from "vitest";
import {
	type ConnectParams,
	connectSSE,
	createSSEService,
	type PipeOptions,
	type SendOptions,
	type SSEClientObjInterface,
	type SSEConnection,
	type SSEService,
	sendSSEToAll,
	sendSSEToClient,
	sendSSEToConnection,
} from "../src/index.js";

interface Events {
	tick: { price: number };
	chat: string;
	message: { text: string };
}

describe("types", () => {
	it("an event map checks event types and their data", () => {
		const sse = createSSEService<Events>();
		sse.send("all", { price: 1 }, { event: "tick" });
		sse.send({ group: "g" }, "hi", { event: "chat", id: 1 });
		sse.send({ client: "ada" }, { text: "x" });
		// @ts-expect-error the price is a number
		sse.send("all", { price: "1" }, { event: "tick" });
		// @ts-expect-error there is no such event
		sse.send("all", "x", { event: "tock" });
		// @ts-expect-error an event without a type is a message, which has a text
		sse.send("all", { price: 1 });
		// @ts-expect-error tick is not chat
		sse.send("all", { price: 1 }, { event: "chat" });
		const check = (connection: SSEConnection<Events>): void => {
			connection.send({ price: 1 }, { event: "tick" });
			// @ts-expect-error the price is a number
			connection.send({ price: "1" }, { event: "tick" });
		};
		expect(check).toBeTypeOf("function");
	});

	it("an event map checks what is published", () => {
		const sse = createSSEService<Events>({ history: true });
		const check = async (): Promise<void> => {
			await sse.publish("all", { price: 1 }, { event: "tick", idempotencyKey: "1" });
			await sse.publish({ group: "g" }, { text: "x" }, { key: "a", ttlMs: 5 });
			// @ts-expect-error the price is a number
			await sse.publish("all", { price: "1" }, { event: "tick" });
			// @ts-expect-error there is no such event
			await sse.publish("all", "x", { event: "tock" });
			// @ts-expect-error an event without a type is a message, which has a text
			await sse.publish("all", { price: 1 });
			// @ts-expect-error what is published is kept
			await sse.publish("all", { price: 1 }, { event: "tick", volatile: true });
			// @ts-expect-error only what is published has one
			sse.send("all", { price: 1 }, { event: "tick", idempotencyKey: "1" });
		};
		expect(check).toBeTypeOf("function");
	});

	it("an event map checks what is recovered", () => {
		createSSEService<Events>({
			history: true,
			recover: async function* ({ lastOwnId, signal }) {
				signal.throwIfAborted();
				yield { event: "tick", data: { price: 1 } };
				yield { data: { text: lastOwnId ?? "" } };
			},
		});
		// @ts-expect-error the price is a number
		createSSEService<Events>({ history: true, recover: () => [{ event: "tick", data: "1" }] });
		// @ts-expect-error an event without a type is a message, which has a text
		createSSEService<Events>({ history: true, recover: () => [{ data: 1 }] });
		// @ts-expect-error message is not in the map
		createSSEService<{ tick: number }>({ history: true, recover: () => [{ data: 1 }] });
		const sse = createSSEService({ history: true, recover: () => [{ data: 1, event: "any" }] });
		expect(sse.send("all", "x", { event: "whatever" })).toBe(0);
	});

	it("an event map checks what is piped", () => {
		const rows = [{ seq: 1, price: 1 }];
		const check = async (connection: SSEConnection<Events>): Promise<void> => {
			await connection.pipe(rows, { event: "tick", id: 1 });
			await connection.pipe([Promise.resolve({ price: 1 })], { event: "tick" });
			await connection.pipe([{ text: "x" }]);
			await connection.pipe(
				async function* (signal) {
					signal.throwIfAborted();
					yield "hi";
				},
				{ event: "chat" },
			);
			await connection.pipe(rows, {
				toEvent: ({ seq, price }) => ({ event: "tick", data: { price }, id: seq }),
			});
			await connection.pipe(rows, { toEvent: async ({ seq }) => ({ data: { text: `${seq}` } }) });
			// @ts-expect-error the price is a number
			await connection.pipe([{ price: "1" }], { event: "tick" });
			// @ts-expect-error the price is a number, also once it is there
			await connection.pipe([Promise.resolve({ price: "1" })], { event: "tick" });
			// @ts-expect-error there is no such event
			await connection.pipe(rows, { event: "tock" });
			// @ts-expect-error an event without a type is a message, which has a text
			await connection.pipe(rows);
			// @ts-expect-error the price is a number
			await connection.pipe(rows, { toEvent: () => ({ event: "tick", data: { price: "1" } }) });
			// @ts-expect-error there is no such event
			await connection.pipe(rows, { toEvent: () => ({ event: "tock", data: 1 }) });
		};
		const checkAny = async (
			connection: SSEConnection,
			held: PipeOptions<{ seq: number }>,
		): Promise<void> => {
			await connection.pipe(rows, held);
			await connection.pipe<{ seq: number }>(rows);
			await connection.pipe("text", { event: "any" });
			await connection.pipe(rows, { event: "any", toEvent: ({ seq }) => ({ data: seq, id: seq }) });
		};
		expect([check, checkAny]).toHaveLength(2);
	});

	it("a map without message refuses events without a type", () => {
		const sse = createSSEService<{ tick: number }>();
		sse.send("all", 1, { event: "tick" });
		// @ts-expect-error message is not in the map
		expect(sse.send("all", 1)).toBe(0);
	});

	it("callbacks see the map", () => {
		createSSEService<Events>({
			onConnect: ({ connection }) => connection.send("hi", { event: "chat" }),
			onDisconnect: ({ connection, reason }) => {
				// @ts-expect-error tick has a price
				connection.send("hi", { event: "tick" });
				expect(reason).toBeTypeOf("string");
			},
		});
	});

	it("without a map everything is allowed", () => {
		const sse = createSSEService();
		sse.send("all", { any: ["thing"] }, { event: "whatever" });
		sse.send("all", null);
		expect(sse.send("all", 7)).toBe(0);
	});

	it("targets are exact", () => {
		const sse = createSSEService();
		// @ts-expect-error a bare name is no target
		expect(() => sse.send("ada", "x")).toThrow();
		// @ts-expect-error the client may be missing
		expect(() => sse.send({ client: undefined }, "x")).toThrow();
		// @ts-expect-error nobody is told
		expect(() => sse.send({}, "x")).toThrow();
	});

	it("a handle of a typed service is a target like any other", () => {
		const sse = createSSEService<Events>();
		const check = (connection: SSEConnection<Events>): void => {
			sse.join({ connection }, "g");
			sse.send({ group: "g", except: { connection } }, "hi", { event: "chat" });
			sendSSEToConnection(connection, "hi");
		};
		expect(check).toBeTypeOf("function");
	});

	it("a typed service fits where one without a map is expected, and the other way round", () => {
		const greet = (sse: SSEService): number => sse.send("all", "hi", { event: "chat" });
		const greetTyped = (sse: SSEService<Events>): number =>
			sse.send("all", "hi", { event: "chat" });
		const greetOn = (connection: SSEConnection): number => connection.send("hi");
		const openWith = <Map extends object>(sse: SSEService<Map>): number => greet(sse);
		expect(greet(createSSEService<Events>())).toBe(0);
		expect(openWith(createSSEService<Events>())).toBe(0);
		expect(greetTyped(createSSEService())).toBe(0);
		createSSEService<Events>({ onConnect: ({ connection }) => greetOn(connection) });
		// @ts-expect-error its chat is not a string
		expect(greetTyped(createSSEService<{ chat: number }>())).toBe(0);
	});

	it("options held in a variable fit a service without a map", () => {
		const options: SendOptions = { id: 1, event: "whatever" };
		expect(createSSEService().send("all", "x", options)).toBe(0);
	});

	it("an expiry is a Date or a number, and a drain has a window", () => {
		const check = async (sse: SSEService, params: ConnectParams): Promise<void> => {
			sse.connect({ ...params, expiresAt: new Date() });
			sse.connect({ ...params, expiresAt: Date.now() });
			// @ts-expect-error a text is neither
			sse.connect({ ...params, expiresAt: "2030-01-01" });
			await sse.close({ drainMs: 10_000 });
			// @ts-expect-error the window is in an object
			await sse.close(10_000);
		};
		expect(check).toBeTypeOf("function");
	});

	it("the documented types are those of the former package", () => {
		const check = (client: SSEClientObjInterface): string => client.meta.name.toUpperCase();
		expect(check({ clientId: "ada", meta: { name: "ada" }, connections: [] })).toBe("ADA");
		expect([
			sendSSEToAll("x", "type", "group", 1),
			sendSSEToClient("ada", { a: 1 }, "type", "group", 1),
		]).toEqual([0, 0]);
		expect(connectSSE).toBeTypeOf("function");
	});
});
