/**
 * Redis, and its faults.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { now, pause } from "../clock.js";
import type { Fault, Scene } from "../faults/fault.js";
import type { Branch, Found } from "../truth/branch.js";
import type { Bookmark } from "../truth/ledger.js";
import { call, LOG, newestOf, RedisPair, readLog } from "./redis-pair.js";
import type { Store } from "./store.js";

/** How long, at most, an abandoned server accepts nothing while it is read. */
const LAST_READ_MS = 10_000;

/** How long to wait, at most, for others to store something. */
const RESEND_MS = 2_000;

export async function startRedisStore(): Promise<Store> {
	return new RedisStore(await RedisPair.start());
}

class RedisStore implements Store {
	readonly faults: readonly Fault[];
	readonly #pair: RedisPair;

	constructor(pair: RedisPair) {
		this.#pair = pair;
		const engine = { kind: "engine" } as const;
		const outage = { ...engine, isOutage: true } as const;
		const alone = { ...outage, isAlone: true } as const;
		this.faults = [
			{ ...engine, name: "disconnect", run: () => this.#disconnect() },
			{ ...outage, name: "restart", run: (scene) => this.#restart(scene) },
			{ ...outage, name: "restart-empty", run: (scene) => this.#restartEmpty(scene) },
			{ ...engine, name: "flush", run: (scene) => this.#flush(scene) },
			{ ...outage, name: "trim", run: (scene) => this.#trim(scene) },
			{ ...outage, name: "freeze-engine", run: (scene) => this.#freeze(scene) },
			{ ...alone, name: "failover", run: (scene) => this.#failOver(scene) },
			{ ...alone, name: "resend", run: (scene) => this.#resend(scene) },
			{ ...alone, name: "split", run: (scene) => this.#split(scene) },
		];
	}

	get port(): number {
		return this.#pair.primary.port;
	}

	read(after: Bookmark | undefined): Promise<Found | undefined> {
		return readLog(this.#pair.primary, after);
	}

	async stop(): Promise<void> {
		await this.#pair.stop();
	}

	async #disconnect(): Promise<void> {
		await call(this.#pair.primary, "CLIENT", "KILL", "TYPE", "normal");
	}

	async #restart({ random, tell, fleet, untilUnready }: Scene): Promise<void> {
		await this.#pair.primary.kill(random.between(1, 2) === 1 ? "SIGKILL" : "SIGTERM");
		tell("it is down");
		if (random.between(1, 2) === 1) await untilUnready(fleet.members);
		await this.#pair.primary.restart();
		tell("it is back");
	}

	async #restartEmpty({ truth, random, tell, readLog }: Scene): Promise<void> {
		await readLog();
		const { primary } = this.#pair;
		await primary.kill(random.between(1, 2) === 1 ? "SIGKILL" : "SIGTERM");
		rmSync(join(primary.folder, "appendonlydir"), { recursive: true, force: true });
		truth.wipe(now());
		await primary.restart();
		tell("it is back, with nothing in it");
	}

	async #flush({ truth, readLog }: Scene): Promise<void> {
		await readLog();
		truth.wipe(now());
		await call(this.#pair.primary, "FLUSHALL");
	}

	/** While a process cannot keep up with the writes. */
	async #trim({ truth, random, member: { proxy }, tell, readLog }: Scene): Promise<void> {
		if (random.between(1, 2) === 1) {
			proxy.hold();
			tell("a process is held back");
			await pause(random.between(200, 2_000));
		}
		const left = random.between(1, 2) === 1 ? 0 : random.between(1, 50);
		await readLog();
		const sequence = Math.max(0, (await newestOf(this.#pair.primary)) - left);
		truth.trim(sequence);
		await call(this.#pair.primary, "XTRIM", LOG, "MINID", `${sequence + 1}`);
		tell(`nothing is left up to ${sequence}`);
		proxy.release();
	}

	async #freeze({ random, fleet, untilUnready, tell }: Scene): Promise<void> {
		await this.#pair.primary.kill("SIGSTOP");
		tell("it stands still");
		if (random.between(1, 2) === 1) await untilUnready(fleet.members);
		else await pause(random.between(500, 6_000));
		await this.#pair.primary.kill("SIGCONT");
		tell("it continues");
	}

	/** To a replica that lacks the last writes. */
	async #failOver(scene: Scene): Promise<void> {
		this.#pair.replication.hold();
		await pause(scene.random.between(200, 2_000));
		await this.#pair.primary.kill("SIGKILL");
		const left = await this.#takeOver(scene);
		await this.#followAgain(scene, left);
	}

	/** To a replica that lacks a few entries. One process received no answer to its last append, and appends it again. */
	async #resend(scene: Scene): Promise<void> {
		const { random, fleet, member, truth, tell } = scene;
		this.#pair.replication.hold();
		await pause(random.between(0, 60));
		member.proxy.mute("back");
		await pause(random.between(0, 80));
		const newest = await newestOf(this.#pair.primary);
		await this.#pair.primary.kill("SIGKILL");
		const left = await this.#takeOver(scene);
		tell(`process ${member.index} was not answered`);
		for (const { proxy } of fleet.members) if (proxy !== member.proxy) proxy.cut();
		// Enough other entries have taken the positions of the lost ones.
		const lost = newest - (truth.ledger.current?.after ?? newest);
		const others = newest - random.between(0, lost);
		for (const deadline = now() + RESEND_MS; now() < deadline; ) {
			if ((await newestOf(this.#pair.primary)) >= others) break;
		}
		member.proxy.cut();
		await this.#followAgain(scene, left);
	}

	/** The replica takes over while the primary keeps running: two logs, one of which is abandoned. */
	async #split(scene: Scene): Promise<void> {
		const { random, fleet, truth, tell } = scene;
		this.#pair.replication.hold();
		await pause(random.between(200, 2_000));
		const left = await this.#takeOver(scene);
		for (const { proxy } of fleet.members) {
			const which = random.between(1, 3);
			if (which === 1) proxy.cut();
			// The process then reads from one server and writes to the other.
			else if (which === 2) proxy.cut(random.between(0, proxy.size - 1));
		}
		await pause(random.between(500, 4_000));
		const { replica } = this.#pair;
		await call(replica, "CLIENT", "PAUSE", `${LAST_READ_MS}`, "WRITE");
		await this.#readLast(scene, left);
		// As Sentinel does it.
		this.#pair.replication.release();
		this.#pair.replication.cut();
		await this.#pair.follow();
		await call(replica, "CLIENT", "UNPAUSE");
		await this.#pair.untilFollowing();
		await call(replica, "CLIENT", "KILL", "TYPE", "normal");
		tell(`there is one again, after ${truth.ledger.current?.after}`);
	}

	/** @returns the branch of the previous server */
	async #takeOver({ truth, fleet, tell }: Scene): Promise<Branch | undefined> {
		const sequence = await this.#pair.promote();
		const left = truth.cut(sequence);
		this.#pair.swap();
		for (const { proxy } of fleet.members) proxy.target = this.#pair.primary.port;
		tell(`the replica continues after ${sequence}`);
		return left;
	}

	async #followAgain(scene: Scene, left: Branch | undefined): Promise<void> {
		const { replication, replica } = this.#pair;
		replication.release();
		replication.cut();
		await replica.restart();
		await this.#readLast(scene, left);
		await this.#pair.follow();
		await this.#pair.untilFollowing();
		scene.tell("the other one follows it");
	}

	/** Everything in the log of the abandoned server. */
	async #readLast({ truth }: Scene, left: Branch | undefined): Promise<void> {
		if (left === undefined) return;
		const { epoch, after } = left;
		const found = await readLog(this.#pair.replica, { epoch, sequence: after });
		if (found?.epoch !== epoch) return;
		truth.ledger.add(left, found.entries);
		left.end();
	}
}
