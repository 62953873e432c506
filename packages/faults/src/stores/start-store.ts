/**
 * Starts the store of an engine.
 */
import { natsServerPath } from "@sse-service/testing/nats-server";
import { redisServerPath } from "@sse-service/testing/redis-server";
import type { EngineName } from "../fleet/connect-engine.js";
import { startNatsCluster } from "./nats-cluster.js";
import { startNatsStore } from "./nats-store.js";
import { startRedisStore } from "./redis-store.js";
import type { Store } from "./store.js";

/** Whether its server is on this machine. */
export function hasStore(engine: EngineName): boolean {
	return (engine.startsWith("nats") ? natsServerPath : redisServerPath) !== undefined;
}

export function startStore(engine: EngineName): Promise<Store> {
	if (engine === "nats-cluster") return startNatsCluster();
	return engine === "nats" ? startNatsStore() : startRedisStore();
}
