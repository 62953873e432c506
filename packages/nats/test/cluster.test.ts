/**
 * Three servers as a cluster, on which the streams have three replicas each.
 */
import { eventually, freePorts, settled } from "@sse-service/testing";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import type { StoredAt } from "sse-service/engine";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { natsRunStore } from "../src/index.js";
import { append, Follower, openEngine, textsOf } from "./engines.js";
import { askJetStream, CLIENTS, type NatsServer, type TestConnection } from "./nats.js";
import { dataOf, startService } from "./services.js";
import { until } from "./until.js";

/** Asks until there is an answer: a cluster that elects a leader gives none. */
function answered<T>(what: string, ask: () => Promise<T>): Promise<T> {
	return until(what, ask, () => true);
}

interface Cluster {
	readonly leader: string;
	readonly replicas: readonly { readonly name: string; readonly current: boolean }[];
}

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
	const clusterOf = async (connection: TestConnection, stream: string): Promise<Cluster> =>
		(await askJetStream(connection, `STREAM.INFO.${stream}`)).cluster as Cluster;
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
		const killed = nodes.get((await clusterOf(operator, "SSE")).leader);
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

	/**
	 * Publishes to the leader while the others are down, then calls `meanwhile` while they run and the leader is down. On start,
	 * nats-server 2.9 stores what is in its Raft log, even if no other server had it, and keeps it in place of what the others have
	 * stored since.
	 *
	 * @returns a question to the cluster, answered while another server leads
	 */
	const storeOnLeaderAlone = async (
		connection: TestConnection,
		stream: string,
		{ subject, payload }: { readonly subject: string; readonly payload: string },
		meanwhile: () => Promise<void>,
	): Promise<<T>(ask: () => Promise<T>) => Promise<T>> => {
		const { leader } = await answered("a leader", () => clusterOf(connection, stream));
		const others = [...nodes].filter(([name]) => name !== leader).map(([, node]) => node);
		const alone = await connect?.(nodes.get(leader)?.port ?? 0);
		await Promise.all(others.map((node) => node.kill("SIGKILL")));
		alone?.publish(subject, Buffer.from(payload), {});
		await alone?.flush();
		await nodes.get(leader)?.kill("SIGKILL");
		await alone?.close();
		await Promise.all(others.map((node) => node.restart()));
		await meanwhile();
		await nodes.get(leader)?.restart();
		await until(
			"all servers to be current",
			() => clusterOf(connection, stream),
			({ replicas }) => replicas.every(({ current }) => current),
		);
		return async (ask) => {
			const [, answer] = await until(
				"an answer while one server leads",
				async () => {
					const before = await clusterOf(connection, stream);
					return [before, await ask(), await clusterOf(connection, stream)] as const;
				},
				([before, , after]) => before.leader === after.leader && after.leader !== leader,
			);
			return answer;
		};
	};

	it("follows what the leader has, although another server has something else", async () => {
		const connection = await connectTo("node0");
		onTestFinished(() => connection.close());
		const engine = await answered("the log to be open", () =>
			openEngine({ connection, prefix: "ONE", replicas: 3 }),
		);
		const store = (text: string): Promise<StoredAt> =>
			answered(`${text} to be stored`, () => append(engine, text));
		const { sequence } = await store("before");
		const { config } = await answered("the stream", () =>
			askJetStream(connection, "STREAM.INFO.ONE"),
		);
		const [subjects = ""] = (config as { readonly subjects: readonly string[] }).subjects;
		const subject = subjects.replace(">", "event");
		const other = { subject, payload: "1\nonly here" };
		const ask = await storeOnLeaderAlone(connection, "ONE", other, async () => {
			for (let count = 0; count < 10; count++) await store(`${count}`);
		});
		await store("after");
		const stored = await ask(async () => textsOf(await engine.read(sequence + 1, 100)));
		expect(stored.at(-1)).toBe("after");
		const follow = async (): Promise<readonly string[]> => {
			const follower = new Follower(engine, sequence);
			await follower.until("after");
			return follower.texts;
		};
		// A consumer is on any of three servers.
		for (let count = 0; count < 12; count++) {
			expect(await ask(follow)).toEqual(stored);
		}
	});

	it("reads every entry of a run, although a server lacks one", async () => {
		const connection = await connectTo("node0");
		onTestFinished(() => connection.close());
		const store = natsRunStore({ connection, prefix: "TWO", replicas: 3 });
		onTestFinished(() => store.close());
		const rules = { leaseMs: 1e8, ttlMs: 1e8, maxRuns: 10 };
		const { status } = await answered("the run to be claimed", () => store.claim("r", rules));
		const { id, attempt, term } = status;
		const write = (after: number, data: string): Promise<unknown> =>
			until(
				`${data} to be stored`,
				() => store.write([{ id, attempt, term, after, entries: [{ data }], rules }]),
				([sequence]) => sequence === after + 1,
			);
		await write(0, "1");
		// Of another run.
		const other = { subject: "TWO.runs.run.other", payload: "nothing" };
		const ask = await storeOnLeaderAlone(connection, "TWO_RUNS", other, async () => {
			await write(1, "2");
			await write(2, "3");
		});
		await write(3, "4");
		for (const from of [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]) {
			const entries = await ask(() => store.read(id, attempt, from, 10));
			expect(entries?.map(({ data }) => data)).toEqual(["1", "2", "3", "4"].slice(from - 1));
		}
	});
});
