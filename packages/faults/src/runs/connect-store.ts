/**
 * The run store of a process, over the client of its engine, which it loads: most of the time that a start takes is for that.
 */
import type { RunStore } from "sse-service/runs";

export const RUN_ENGINES = ["redis", "nats"] as const;

export type RunEngineName = (typeof RUN_ENGINES)[number];

export interface ConnectedStore {
	readonly store: RunStore;
	/** Closes the client of the store. */
	close(): Promise<void> | void;
}

export async function connectStore(name: RunEngineName, url: string): Promise<ConnectedStore> {
	if (name === "redis") {
		const [{ createClient }, { redisRunStore }] = await Promise.all([
			import("redis"),
			import("@sse-service/redis"),
		]);
		const client = createClient({ url });
		client.on("error", () => {});
		// It connects as soon as it can.
		void client.connect().catch(() => {});
		return { store: redisRunStore({ client }), close: () => client.destroy() };
	}
	const [{ connect }, { natsRunStore }] = await Promise.all([
		import("@nats-io/transport-node"),
		import("@sse-service/nats"),
	]);
	const connection = await connect({
		...{ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 100 },
		...{ timeout: 2_000, waitOnFirstConnect: true },
	});
	return { store: natsRunStore({ connection }), close: () => connection.close() };
}
