/**
 * Redis, and what befalls it: a server that keeps what it has in a file, and a replica of it.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { startRedisServer } from "@sse-service/testing/redis-server";
import type { ServerProcess } from "@sse-service/testing/server-process";
import { startTcpProxy, type TcpProxy } from "@sse-service/testing/tcp-proxy";
import { createClient } from "redis";
import { limitOf, now, pause } from "./clock.js";
import type { Fault, Scene } from "./fault.js";
import type { Store } from "./store.js";

// As the log documents them.
const LOG = "{sse}:log";
const HEAD = "{sse}:head";

// Of what is written, nothing waits for the disk: a server that is killed has it in the system's cache.
const SERVER = { persistence: true, args: ["--appendfsync", "no"] };

const REPLICATION_TIMEOUT_MS = 15_000;

export async function startRedisStore(): Promise<Store> {
	const servers = [await startRedisServer(SERVER)];
	try {
		servers.push(await startRedisServer(SERVER));
		const [primary, replica] = servers as [ServerProcess, ServerProcess];
		const replication = await startTcpProxy(primary.port);
		const store = new RedisStore(primary, replica, replication);
		await store.replicate();
		return store;
	} catch (error) {
		for (const server of servers) await server.stop();
		throw error;
	}
}

class RedisStore implements Store {
	readonly faults: readonly Fault[];
	#primary: ServerProcess;
	#replica: ServerProcess;
	/** Between the two. */
	readonly #replication: TcpProxy;

	constructor(primary: ServerProcess, replica: ServerProcess, replication: TcpProxy) {
		this.#primary = primary;
		this.#replica = replica;
		this.#replication = replication;
		this.faults = [
			{ name: "disconnect", kind: "engine", run: () => this.#disconnect() },
			{ name: "restart", kind: "engine", isOutage: true, run: (scene) => this.#restart(scene) },
			{
				name: "restart-empty",
				kind: "engine",
				isOutage: true,
				run: (scene) => this.#restartEmpty(scene),
			},
			{ name: "flush", kind: "engine", run: (scene) => this.#flush(scene) },
			{ name: "trim", kind: "engine", isOutage: true, run: (scene) => this.#trim(scene) },
			{
				name: "freeze-engine",
				kind: "engine",
				isOutage: true,
				run: (scene) => this.#freeze(scene),
			},
			{
				name: "failover",
				kind: "engine",
				isOutage: true,
				isAlone: true,
				run: (scene) => this.#failOver(scene),
			},
			{
				name: "split",
				kind: "engine",
				isOutage: true,
				isAlone: true,
				run: (scene) => this.#split(scene),
			},
		];
	}

	get port(): number {
		return this.#primary.port;
	}

	/** Have the replica follow the primary. */
	async replicate(): Promise<void> {
		this.#replication.target = this.#primary.port;
		await this.#tell(this.#replica, "REPLICAOF", "127.0.0.1", `${this.#replication.port}`);
		for (const isOver = limitOf(REPLICATION_TIMEOUT_MS); !isOver(); await pause(50)) {
			const reply = String(await this.#tell(this.#replica, "INFO", "replication"));
			if (reply.includes("master_link_status:up")) return;
		}
		throw new Error(`The replica does not follow: ${this.#replica.output.slice(-1_000)}`);
	}

	async stop(): Promise<void> {
		await this.#replication.close();
		await Promise.all([this.#primary.stop(), this.#replica.stop()]);
	}

	async #disconnect(): Promise<void> {
		await this.#tell(this.#primary, "CLIENT", "KILL", "TYPE", "normal");
	}

	async #restart(scene: Scene): Promise<void> {
		await this.#primary.kill(scene.random.between(1, 2) === 1 ? "SIGKILL" : "SIGTERM");
		scene.tell("it is down");
		if (scene.random.between(1, 2) === 1) await scene.untilUnready(scene.fleet.members);
		await this.#primary.restart();
		scene.tell("it is back");
	}

	async #restartEmpty({ truth, random, tell }: Scene): Promise<void> {
		await this.#primary.kill(random.between(1, 2) === 1 ? "SIGKILL" : "SIGTERM");
		rmSync(join(this.#primary.folder, "appendonlydir"), { recursive: true, force: true });
		truth.wipe();
		await this.#primary.restart();
		tell("it is back, with nothing in it");
	}

	async #flush({ truth }: Scene): Promise<void> {
		truth.wipe();
		await this.#tell(this.#primary, "FLUSHALL");
	}

	/** While a process does not come up with what is written. */
	async #trim({ truth, random, member: { proxy }, tell }: Scene): Promise<void> {
		if (random.between(1, 2) === 1) {
			proxy.hold();
			tell("a process is held back");
			await pause(random.between(200, 2_000));
		}
		const left = random.between(1, 2) === 1 ? 0 : random.between(1, 50);
		const sequence = Math.max(0, (await this.#newest(this.#primary)) - left);
		truth.trim(sequence, now());
		await this.#tell(this.#primary, "XTRIM", LOG, "MINID", `${sequence + 1}`);
		tell(`nothing is left up to ${sequence}`);
		proxy.release();
	}

	async #freeze({ random, fleet, untilUnready, tell }: Scene): Promise<void> {
		await this.#primary.kill("SIGSTOP");
		tell("it stands still");
		if (random.between(1, 2) === 1) await untilUnready(fleet.members);
		else await pause(random.between(500, 6_000));
		await this.#primary.kill("SIGCONT");
		tell("it goes on");
	}

	/** To a replica that lacks what was written last. */
	async #failOver({ truth, random, fleet, tell }: Scene): Promise<void> {
		this.#replication.hold();
		await pause(random.between(200, 2_000));
		await this.#primary.kill("SIGKILL");
		await this.#heard(fleet);
		await this.#tell(this.#replica, "REPLICAOF", "NO", "ONE");
		const sequence = await this.#newest(this.#replica);
		truth.cut(sequence, now());
		[this.#primary, this.#replica] = [this.#replica, this.#primary];
		for (const { proxy } of fleet.members) proxy.target = this.#primary.port;
		tell(`the replica goes on after ${sequence}`);
		this.#replication.release();
		this.#replication.cut();
		await this.#replica.restart();
		await this.replicate();
		tell("the other one follows it");
	}

	/** The replica takes over while the primary lives on: two logs, of which one is given up. */
	async #split({ truth, random, fleet, tell }: Scene): Promise<void> {
		this.#replication.hold();
		await pause(random.between(200, 2_000));
		await this.#tell(this.#replica, "REPLICAOF", "NO", "ONE");
		const sequence = await this.#newest(this.#replica);
		truth.fork(sequence, now());
		[this.#primary, this.#replica] = [this.#replica, this.#primary];
		for (const { proxy } of fleet.members) {
			proxy.target = this.#primary.port;
			if (random.between(1, 2) === 1) proxy.cut();
		}
		tell(`two go on after ${sequence}`);
		await pause(random.between(500, 4_000));
		// As Sentinel does it.
		this.#replication.release();
		this.#replication.cut();
		await this.replicate();
		await this.#tell(this.#replica, "CLIENT", "KILL", "TYPE", "normal");
		await this.#heard(fleet);
		const at = now();
		truth.heal(await this.#tagsAfter(sequence), at);
		tell("there is one again");
	}

	/** What was acknowledged has been heard when this resolves. */
	async #heard(fleet: Scene["fleet"]): Promise<void> {
		await pause(500);
		await Promise.all(fleet.members.map((member) => member.health()));
	}

	async #tagsAfter(sequence: number): Promise<ReadonlySet<string>> {
		const entries = (await this.#tell(this.#primary, "XRANGE", LOG, `${sequence + 1}`, "+")) as [
			string,
			string[],
		][];
		return new Set(entries.map(([, fields]) => fields[1] ?? ""));
	}

	async #newest(server: ServerProcess): Promise<number> {
		return Number(await this.#tell(server, "HGET", HEAD, "sequence"));
	}

	async #tell(server: ServerProcess, ...command: readonly string[]): Promise<unknown> {
		const client = createClient({ url: server.url, socket: { reconnectStrategy: false } });
		client.on("error", () => {});
		await client.connect();
		try {
			return await client.sendCommand([...command]);
		} finally {
			client.destroy();
		}
	}
}
