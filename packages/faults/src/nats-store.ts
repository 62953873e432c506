/**
 * NATS JetStream, and what befalls it: one server that keeps what it has in files.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { startNatsServer } from "@sse-service/testing/nats-server";
import type { ServerProcess } from "@sse-service/testing/server-process";
import { now, pause } from "./clock.js";
import type { Fault, Scene } from "./fault.js";
import type { Store } from "./store.js";

// As the log documents it.
const STREAM = "SSE";

export async function startNatsStore(): Promise<Store> {
	return new NatsStore(await startNatsServer());
}

class NatsStore implements Store {
	readonly faults: readonly Fault[];
	readonly #server: ServerProcess;

	constructor(server: ServerProcess) {
		this.#server = server;
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

	async stop(): Promise<void> {
		await this.#server.stop();
	}

	/** In an orderly way: nothing is lost. */
	async #restart({ random, fleet, untilUnready, tell }: Scene): Promise<void> {
		await this.#server.kill("SIGTERM");
		tell("it is down");
		if (random.between(1, 2) === 1) await untilUnready(fleet.members);
		await this.#server.restart();
		tell("it is back");
	}

	/** It acknowledges what it has not written yet. */
	async #crash({ truth, fleet, tell }: Scene): Promise<void> {
		await this.#server.kill("SIGKILL");
		for (const { proxy } of fleet.members) {
			proxy.isShut = true;
			proxy.cut();
		}
		// What it had acknowledged has been heard by then.
		await pause(500);
		await Promise.all(fleet.members.map((member) => member.health()));
		await this.#server.restart();
		const { last_seq: sequence } = await this.#state();
		truth.cut(sequence, now());
		for (const { proxy } of fleet.members) proxy.isShut = false;
		tell(`it is back, after ${sequence}`);
	}

	async #restartEmpty({ truth, random, tell }: Scene): Promise<void> {
		await this.#server.kill(random.between(1, 2) === 1 ? "SIGKILL" : "SIGTERM");
		rmSync(join(this.#server.folder, "jetstream"), { recursive: true, force: true });
		truth.wipe();
		await this.#server.restart();
		tell("it is back, with nothing in it");
	}

	/** A process makes it again. */
	async #delete({ truth }: Scene): Promise<void> {
		truth.wipe();
		await this.#ask(`STREAM.DELETE.${STREAM}`);
	}

	/** While a process does not come up with what is written. */
	async #purge({ truth, random, member: { proxy }, tell }: Scene): Promise<void> {
		if (random.between(1, 2) === 1) {
			proxy.hold();
			tell("a process is held back");
			await pause(random.between(200, 2_000));
		}
		// nats-server 2.9 may lose its file for good when all is purged while it is written to.
		const left = random.between(1, 50);
		const { last_seq: newest } = await this.#state();
		const sequence = Math.max(0, newest - left);
		truth.trim(sequence, now());
		await this.#ask(`STREAM.PURGE.${STREAM}`, { seq: sequence + 1 });
		tell(`nothing is left up to ${sequence}`);
		proxy.release();
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
		tell("it goes on");
	}

	async #state(): Promise<{ readonly last_seq: number }> {
		const { state } = await this.#ask<{ state: { last_seq: number } }>(`STREAM.INFO.${STREAM}`);
		return state;
	}

	async #ask<Reply>(call: string, request: object = {}): Promise<Reply> {
		const connection = await connect({ servers: this.#server.url });
		try {
			const message = await connection.request(`$JS.API.${call}`, JSON.stringify(request));
			return message.json<Reply>();
		} finally {
			await connection.close();
		}
	}
}
