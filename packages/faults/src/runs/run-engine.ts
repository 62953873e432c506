/**
 * The engines of runs, and their faults.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "@sse-service/testing";
import { startNatsServer } from "@sse-service/testing/nats-server";
import { pause } from "../clock.js";
import { call, RedisPair } from "../stores/redis-pair.js";
import type { RunEngineName } from "./connect-store.js";
import type { RunMember } from "./run-member.js";

export interface RunEngine {
	readonly port: number;
	/** Its processes, of the moment. */
	readonly pids: readonly number[];
	/** It is killed and restarted, with everything it had acknowledged. */
	restart(random: Random): Promise<void>;
	/** It is restarted without its data. */
	empty(): Promise<void>;
	/** A replica takes over that lacks the last acknowledged writes. Only engines with a replica have this. */
	failOver?(members: readonly RunMember[], random: Random): Promise<void>;
	stop(): Promise<void>;
}

export async function startRunEngine(name: RunEngineName): Promise<RunEngine> {
	return name === "redis" ? redisEngine(await RedisPair.start()) : natsEngine();
}

async function natsEngine(): Promise<RunEngine> {
	const server = await startNatsServer();
	return {
		port: server.port,
		get pids() {
			return [server.pid];
		},
		async restart(random) {
			await server.kill("SIGKILL");
			await pause(random.between(0, 500));
			await server.restart();
		},
		async empty() {
			await server.kill("SIGKILL");
			rmSync(join(server.folder, "jetstream"), { recursive: true });
			await server.restart();
		},
		stop: () => server.stop(),
	};
}

function redisEngine(pair: RedisPair): RunEngine {
	return {
		get port() {
			return pair.primary.port;
		},
		get pids() {
			return [pair.primary.pid, pair.replica.pid];
		},
		async restart(random) {
			await pair.primary.kill("SIGKILL");
			await pause(random.between(0, 500));
			await pair.primary.restart();
			await pair.untilFollowing();
		},
		async empty() {
			await call(pair.primary, "FLUSHALL");
		},
		async failOver(members, random) {
			// From now on the replica misses the writes.
			pair.replication.hold();
			await pause(random.between(20, 300));
			for (const { proxy } of members) {
				proxy.isShut = true;
				proxy.cut();
			}
			await pair.promote();
			pair.replication.cut();
			pair.replication.release();
			pair.swap();
			await pause(random.between(0, 500));
			for (const { proxy } of members) {
				proxy.target = pair.primary.port;
				// Another fault may have reconnected them in the meantime.
				proxy.cut();
				proxy.isShut = false;
			}
			await pair.follow();
			await pair.untilFollowing();
		},
		stop: () => pair.stop(),
	};
}
