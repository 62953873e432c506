/**
 * A store: the engine that keeps the log, as something that breaks.
 */
import { natsServerPath } from "@sse-service/testing/nats-server";
import { redisServerPath } from "@sse-service/testing/redis-server";
import type { EngineName } from "./connect-engine.js";
import type { Fault } from "./fault.js";
import { startNatsStore } from "./nats-store.js";
import { startRedisStore } from "./redis-store.js";

export interface Store {
	/** Where it listens. */
	readonly port: number;
	/** What can befall it. */
	readonly faults: readonly Fault[];
	stop(): Promise<void>;
}

/** Whether its server is on this machine. */
export function hasStore(engine: EngineName): boolean {
	return (engine === "nats" ? natsServerPath : redisServerPath) !== undefined;
}

export function startStore(engine: EngineName): Promise<Store> {
	return engine === "nats" ? startNatsStore() : startRedisStore();
}
