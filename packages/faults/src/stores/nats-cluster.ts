/**
 * A cluster of NATS servers, and its faults. Each server has a copy of the log, so that none of them loses anything alone.
 */
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { freePorts } from "@sse-service/testing";
import { startNatsServer } from "@sse-service/testing/nats-server";
import type { ServerProcess } from "@sse-service/testing/server-process";
import { limitOf, pause } from "../clock.js";
import type { Fault, Scene } from "../faults/fault.js";
import { CLUSTER_SIZE } from "../fleet/connect-engine.js";
import type { Found } from "../truth/branch.js";
import type { Bookmark } from "../truth/ledger.js";
import { ask, readLog, STREAM } from "./nats-log.js";
import type { Store } from "./store.js";

/** How long the servers take to elect who stores streams, at most. */
const ELECTION_MS = 60_000;

interface Account {
	readonly error?: { readonly description: string };
}

export async function startNatsCluster(): Promise<Store> {
	const ports = await freePorts(CLUSTER_SIZE);
	const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
	const servers: ServerProcess[] = [];
	try {
		for (const [at, route] of routes.entries()) {
			const cluster = ["--cluster_name", "C", "--cluster", route, "--routes", routes.join(",")];
			servers.push(await startNatsServer({ args: ["--name", `server${at}`, ...cluster] }));
		}
		const connection = await connect({
			servers: servers.map(({ url }) => url),
			maxReconnectAttempts: -1,
			reconnectTimeWait: 100,
		});
		for (const isOver = limitOf(ELECTION_MS); !isOver(); await pause(100)) {
			const { error } = await ask<Account>(connection, "INFO").catch(() => NO_ANSWER);
			if (error === undefined) return new NatsCluster(servers, connection);
		}
		throw new Error("The servers did not become a cluster");
	} catch (error) {
		await Promise.all(servers.map((server) => server.stop()));
		throw error;
	}
}

const NO_ANSWER: Account = { error: { description: "no answer" } };

class NatsCluster implements Store {
	readonly faults: readonly Fault[];
	readonly #servers: readonly ServerProcess[];
	/** On which the log is read. */
	readonly #connection: NatsConnection;

	constructor(servers: readonly ServerProcess[], connection: NatsConnection) {
		this.#servers = servers;
		this.#connection = connection;
		const engine = { kind: "engine", isOutage: true } as const;
		this.faults = [
			{ ...engine, name: "step-down", run: (scene) => this.#stepDown(scene) },
			{ ...engine, name: "move", run: (scene) => this.#move(scene) },
			{ ...engine, name: "crash", run: (scene) => this.#crash(scene) },
		];
	}

	get port(): number {
		return this.#servers[0]?.port ?? 0;
	}

	read(after: Bookmark | undefined): Promise<Found | undefined> {
		return readLog(this.#connection, after);
	}

	async stop(): Promise<void> {
		await this.#connection.close();
		await Promise.all(this.#servers.map((server) => server.stop()));
	}

	/** The leader of the log, or of the newest events of its groups, changes. All connections stay up. */
	async #stepDown({ random, tell }: Scene): Promise<void> {
		for (let left = random.between(1, 4); left > 0; left--) {
			const stream = random.between(1, 3) === 1 ? `${STREAM}_LATEST` : STREAM;
			await ask(this.#connection, `STREAM.LEADER.STEPDOWN.${stream}`);
			tell(`the leader of ${stream} steps down`);
			await pause(random.between(100, 2_000));
		}
	}

	/** Each process connects to another server than before, or to the same one. */
	async #move({ random, fleet, tell }: Scene): Promise<void> {
		for (const { proxy } of fleet.members) {
			proxy.target = this.#servers[random.between(0, CLUSTER_SIZE - 1)]?.port ?? proxy.target;
			proxy.cut();
		}
		tell("the processes are connected to other servers");
	}

	/** One server is killed. The processes that were connected to it connect to another one. */
	async #crash({ random, fleet, tell }: Scene): Promise<void> {
		const killed = random.between(0, CLUSTER_SIZE - 1);
		const other = this.#servers[(killed + random.between(1, CLUSTER_SIZE - 1)) % CLUSTER_SIZE];
		await this.#servers[killed]?.kill("SIGKILL");
		for (const { proxy } of fleet.members) {
			if (proxy.target === this.#servers[killed]?.port) proxy.target = other?.port ?? proxy.target;
		}
		tell(`server ${killed} is killed`);
		await pause(random.between(0, 6_000));
		await this.#servers[killed]?.restart();
		tell(`server ${killed} is back`);
	}
}
