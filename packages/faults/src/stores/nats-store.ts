/**
 * NATS JetStream, and its faults: one server that keeps its data in files.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { startNatsServer } from "@sse-service/testing/nats-server";
import type { ServerProcess } from "@sse-service/testing/server-process";
import { now, pause } from "../clock.js";
import type { Fault, Scene } from "../faults/fault.js";
import type { Found } from "../truth/branch.js";
import type { Bookmark } from "../truth/ledger.js";
import { ask, readLog, STREAM, type StreamInfo } from "./nats-log.js";
import type { Store } from "./store.js";

export async function startNatsStore(): Promise<Store> {
	const server = await startNatsServer();
	const options = { servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 };
	return new NatsStore(server, await connect(options));
}

/** How many events a purge leaves at most. */
const MOST_LEFT = 50;

class NatsStore implements Store {
	readonly faults: readonly Fault[];
	readonly #server: ServerProcess;
	/** On which the log is read. */
	readonly #connection: NatsConnection;

	constructor(server: ServerProcess, connection: NatsConnection) {
		this.#server = server;
		this.#connection = connection;
		this.faults = [
			{ name: "restart", kind: "engine", isOutage: true, run: (scene) => this.#restart(scene) },
			{
				name: "crash",
				kind: "engine",
				isOutage: true,
				isAlone: true,
				run: (scene) => this.#crash(scene),
			},
			{
				name: "restart-empty",
				kind: "engine",
				isOutage: true,
				run: (scene) => this.#restartEmpty(scene),
			},
			{ name: "delete", kind: "engine", run: (scene) => this.#delete(scene) },
			{ name: "purge", kind: "engine", isOutage: true, run: (scene) => this.#purge(scene) },
			{ name: "delete-consumers", kind: "engine", run: () => this.#deleteConsumers() },
			{
				name: "freeze-engine",
				kind: "engine",
				isOutage: true,
				run: (scene) => this.#freeze(scene),
			},
		];
	}

	get port(): number {
		return this.#server.port;
	}

	read(after: Bookmark | undefined): Promise<Found | undefined> {
		return readLog(this.#connection, after);
	}

	async stop(): Promise<void> {
		await this.#connection.close();
		await this.#server.stop();
	}

	/** An orderly restart: nothing is lost. */
	async #restart({ random, fleet, untilUnready, tell }: Scene): Promise<void> {
		await this.#server.kill("SIGTERM");
		tell("it is down");
		if (random.between(1, 2) === 1) await untilUnready(fleet.members);
		await this.#server.restart();
		tell("it is back");
	}

	/** It acknowledges messages before it has written them. */
	async #crash({ truth, fleet, tell, readLog }: Scene): Promise<void> {
		await readLog();
		await this.#server.kill("SIGKILL");
		for (const { proxy } of fleet.members) {
			proxy.isShut = true;
			proxy.cut();
		}
		await this.#server.restart();
		const { last_seq: sequence } = await this.#state();
		truth.cut(sequence);
		for (const { proxy } of fleet.members) proxy.isShut = false;
		tell(`it is back, after ${sequence}`);
	}

	async #restartEmpty({ truth, random, tell, readLog }: Scene): Promise<void> {
		await readLog();
		await this.#server.kill(random.between(1, 2) === 1 ? "SIGKILL" : "SIGTERM");
		rmSync(join(this.#server.folder, "jetstream"), { recursive: true, force: true });
		truth.wipe(now());
		await this.#server.restart();
		tell("it is back, with nothing in it");
	}

	/** A process recreates it. */
	async #delete({ truth, readLog }: Scene): Promise<void> {
		await readLog();
		truth.wipe(now());
		await this.#ask(`STREAM.DELETE.${STREAM}`);
	}

	/** While a process cannot keep up with the writes. */
	async #purge({ truth, random, member: { proxy }, tell, readLog }: Scene): Promise<void> {
		// JetStream takes a purge of what is before 1 for one of everything.
		if ((await this.#state()).last_seq <= MOST_LEFT) return tell("there is too little to purge");
		if (random.between(1, 2) === 1) {
			proxy.hold();
			tell("a process is held back");
			await pause(random.between(200, 2_000));
		}
		// nats-server 2.9 may lose its file for good if everything is purged during a write.
		const left = random.between(1, MOST_LEFT);
		const { last_seq: newest } = await this.#state();
		const sequence = newest - left;
		await readLog();
		await this.#untilMirrored(sequence);
		truth.trim(sequence);
		await this.#ask(`STREAM.PURGE.${STREAM}`, { seq: sequence + 1 });
		tell(`nothing is left up to ${sequence}`);
		proxy.release();
	}

	/** The mirror is a moment behind the log: a newest event of a key that is purged before it is copied would be in neither. */
	async #untilMirrored(sequence: number): Promise<void> {
		for (;;) {
			const { state } = await this.#ask<Partial<StreamInfo>>(`STREAM.INFO.${STREAM}_LATEST`);
			// Without a group that keeps its newest events there is no mirror.
			if (state === undefined || state.last_seq >= sequence) return;
			await pause(10);
		}
	}

	async #deleteConsumers(): Promise<void> {
		const { consumers } = await this.#ask<{ consumers: readonly string[] | null }>(
			`CONSUMER.NAMES.${STREAM}`,
		);
		for (const name of consumers ?? []) await this.#ask(`CONSUMER.DELETE.${STREAM}.${name}`);
	}

	async #freeze({ random, fleet, untilUnready, tell }: Scene): Promise<void> {
		await this.#server.kill("SIGSTOP");
		tell("it stands still");
		if (random.between(1, 2) === 1) await untilUnready(fleet.members);
		else await pause(random.between(500, 6_000));
		await this.#server.kill("SIGCONT");
		tell("it continues");
	}

	async #state(): Promise<StreamInfo["state"]> {
		return (await this.#ask<StreamInfo>(`STREAM.INFO.${STREAM}`)).state;
	}

	async #ask<Reply>(call: string, request?: object): Promise<Reply> {
		const connection = await connect({ servers: this.#server.url });
		try {
			return await ask(connection, call, request);
		} finally {
			await connection.close();
		}
	}
}
