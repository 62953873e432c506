/**
 * Three servers as a cluster, on which the streams have three replicas each.
 */
import { eventually, freePorts, settled } from "@sse-service/testing";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askJetStream, CLIENTS, type NatsServer, type TestConnection } from "./nats.js";
import { dataOf, startService } from "./services.js";

describe.skipIf(natsServerPath === undefined)("a cluster", () => {
	const nodes = new Map<string, NatsServer>();
	const [[, connect] = []] = CLIENTS;

	beforeAll(async () => {
		const ports = await freePorts(3);
		const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
		for (const [at, route] of routes.entries()) {
			const cluster = ["--cluster_name", "C", "--cluster", route, "--routes", routes.join(",")];
			const name = `node${at}`;
			nodes.set(name, await startNatsServer({ args: ["--name", name, ...cluster] }));
		}
	});
	afterAll(async () => {
		for (const node of nodes.values()) await node.stop();
	});

	/** To one node, or to another if that one is down. */
	const connectTo = async (name: string): Promise<TestConnection> => {
		if (connect === undefined) throw new Error("no client");
		const all = [...nodes.keys()].sort((one) => (one === name ? -1 : 0));
		const servers = all.map((each) => `127.0.0.1:${nodes.get(each)?.port}`);
		return connect(0, { servers, noRandomize: true, timeout: 1_000 });
	};
	const leader = async (connection: TestConnection): Promise<string> => {
		const { cluster } = await askJetStream(connection, "STREAM.INFO.SSE");
		return (cluster as { leader: string }).leader;
	};
	const startOn = async (name: string): ReturnType<typeof startService> =>
		startService(await connectTo(name), { prefix: "SSE", replicas: 3 });

	it("loses nothing and repeats nothing when the leader changes, and when it is killed", async () => {
		const services = await Promise.all([...nodes.keys()].map(startOn));
		const streams = await Promise.all(services.map((each, at) => each.open(`client${at}`)));
		const stored = new Set<string>();
		let count = 0;
		let isOver = false;
		const send = async ({ sse }: (typeof services)[number]): Promise<void> => {
			while (!isOver) {
				const data = `${count++}`;
				await sse.publish("all", data).then(
					() => stored.add(data),
					// It may have been stored or not.
					() => new Promise((resolve) => setTimeout(resolve, 50)),
				);
			}
		};
		const sending = Promise.all(services.map(send));
		const more = async (): Promise<void> => {
			const before = stored.size;
			await eventually(() => stored.size > before + 100, "a hundred more");
		};
		await more();
		const operator = await connectTo("node0");
		await askJetStream(operator, "STREAM.LEADER.STEPDOWN.SSE");
		await more();
		const killed = nodes.get(await leader(operator));
		await killed?.kill("SIGKILL");
		await more();
		await killed?.restart();
		await more();
		isOver = true;
		await settled(sending, "the last answers");
		await operator.close();
		await services[0]?.sse.publish("all", "end");
		await Promise.all(
			streams.map((stream) => stream.until(() => stream.events.at(-1)?.data === "end")),
		);
		const [first = [], ...others] = streams.map(({ events }) => dataOf(events));
		for (const other of others) expect(other).toEqual(first);
		expect(new Set(first).size).toBe(first.length);
		expect([...stored].filter((data) => !first.includes(data))).toEqual([]);
		for (const { events } of streams) {
			expect(events.filter(({ event }) => event === "gap")).toEqual([]);
		}
	});
});
