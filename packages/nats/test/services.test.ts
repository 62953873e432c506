/**
 * Services that share a log in NATS: one order for all, and a client may reconnect to another.
 */
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import type { SSEServiceOptions } from "sse-service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLIENTS, type NatsServer, newPrefix } from "./nats.js";
import { dataOf, lastIdOf, type Serving, startService } from "./services.js";
import { until } from "./until.js";

describe.skipIf(natsServerPath === undefined).each(CLIENTS)("over %s", (_name, connect) => {
	let server: NatsServer;

	beforeAll(async () => {
		server = await startNatsServer();
	});
	afterAll(() => server?.stop());

	const startTwo = async (options: SSEServiceOptions = {}): Promise<[Serving, Serving]> => {
		const prefix = newPrefix();
		const start = async (): Promise<Serving> =>
			startService(await connect(server.port), { prefix }, options);
		return [await start(), await start()];
	};

	it("what is sent in either reaches the clients of both, in one order", async () => {
		const [one, other] = await startTwo();
		const streams = [await one.open("ada"), await other.open("bob")];
		for (let count = 0; count < 200; count++) {
			one.sse.send("all", `one ${count}`);
			other.sse.send("all", `other ${count}`);
		}
		const [first = [], second = []] = await Promise.all(streams.map((each) => each.take(400)));
		expect(first).toEqual(second);
		for (const from of ["one", "other"]) {
			const own = dataOf(first).filter((data) => data.startsWith(`${from} `));
			expect(own).toEqual(Array.from({ length: 200 }, (_, count) => `${from} ${count}`));
		}
	});

	it("a client that reconnects to the other one gets what it missed, from memory or from NATS", async () => {
		const [one, other] = await startTwo({ history: { maxEvents: 20 } });
		const stream = await one.open("ada");
		stream.abort();
		const events = Array.from({ length: 300 }, (_, count) => `${count}`);
		await Promise.all(events.map((event) => one.sse.publish("all", event)));
		const again = await other.open("ada", lastIdOf(stream));
		expect(dataOf(await again.take(300))).toEqual(events);
		const [middle] = (await again.take(300)).slice(-10);
		const third = await one.open("ada", middle?.id);
		expect(dataOf(await third.take(9))).toEqual(events.slice(-9));
	});

	it("who comes to a group that keeps its newest events is given them, whichever process they were sent in", async () => {
		const [one, other] = await startTwo({ history: { groups: { a: { latest: true } } } });
		for (const price of [1, 2, 3]) {
			await one.sse.publish({ group: "a" }, `A${price}`, { key: "A" });
			await other.sse.publish({ group: "a" }, `B${price}`, { key: "B" });
		}
		const late = await startService(
			await connect(server.port),
			{ prefix: one.prefix },
			{ history: { groups: { a: { latest: true } } } },
		);
		for (const each of [one, other, late]) {
			const stream = await each.open("ada");
			expect(dataOf(await stream.take(2))).toEqual(["A3", "B3"]);
		}
	});

	it("each knows the clients of both, and does in the other what it is told to", async () => {
		const [one, other] = await startTwo();
		await one.open("ada");
		const bob = await other.open("bob");
		const known = await until(
			"the clients of both",
			() => one.sse.clientsIn("default"),
			(clients) => clients.length === 2,
		);
		expect(known.map(({ clientId }) => clientId).toSorted()).toEqual(["ada", "bob"]);
		one.sse.disconnect({ client: "bob" });
		expect(await bob.ended).toBe(true);
	});
});
