/**
 * The event log of a process, over each client library of its engine. A process loads the one that it uses: most of the time that
 * a start takes is for loading them.
 */

import type { EventLog } from "sse-service/engine";

export const ENGINES = ["redis", "redis-ioredis", "nats", "nats-cluster"] as const;

/** How many servers a cluster has. Each has a copy of the log. */
export const CLUSTER_SIZE = 3;

export type EngineName = (typeof ENGINES)[number];

export interface Connected {
	readonly eventLog: EventLog;
	/** Closes the client of the log. */
	close(): Promise<void> | void;
}

/** @param maxEvents how many the engine keeps */
export async function connectEngine(
	name: EngineName,
	url: string,
	maxEvents: number,
): Promise<Connected> {
	if (name === "redis") {
		const [{ createClient }, { redisEventLog }] = await Promise.all([
			import("redis"),
			import("@sse-service/redis"),
		]);
		const client = createClient({ url });
		client.on("error", () => {});
		// It connects as soon as it can.
		void client.connect().catch(() => {});
		return { eventLog: redisEventLog({ client, maxEvents }), close: () => client.destroy() };
	}
	if (name === "redis-ioredis") {
		const [{ Redis }, { redisEventLog }] = await Promise.all([
			import("ioredis"),
			import("@sse-service/redis"),
		]);
		const client = new Redis(url);
		client.on("error", () => {});
		return { eventLog: redisEventLog({ client, maxEvents }), close: () => client.disconnect() };
	}
	const [{ connect }, { natsEventLog }] = await Promise.all([
		import("@nats-io/transport-node"),
		import("@sse-service/nats"),
	]);
	const connection = await connect({
		servers: url,
		maxReconnectAttempts: -1,
		reconnectTimeWait: 200,
		// Only this detects a connection that breaks while it is being opened.
		timeout: 2_000,
		// Until the server is up.
		waitOnFirstConnect: true,
		// Each way to the engine leads through the proxy.
		ignoreClusterUpdates: true,
	});
	const replicas = name === "nats-cluster" ? CLUSTER_SIZE : 1;
	const eventLog = natsEventLog({ connection, maxEvents, replicas });
	return { eventLog, close: () => connection.close() };
}
