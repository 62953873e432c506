/**
 * The client of `redis` (node-redis), 5 or 6.
 */
import type { RedisClient, RedisConnection } from "./client.js";

/** What is used of it. */
export interface NodeRedisClient {
	readonly options?: { readonly socket?: object | undefined } | undefined;
	sendCommand(args: string[], options?: object): Promise<unknown>;
	duplicate(overrides?: object): NodeRedisClient;
	connect(): Promise<unknown>;
	destroy(): void;
	on(event: "error", listener: (error: Error) => void): unknown;
}

/** It breaks where the application's would be mended. */
const OWN = { disableOfflineQueue: true, pingInterval: 0, clientSideCache: undefined };
const OWN_SOCKET = { reconnectStrategy: false, socketTimeout: undefined };

/** Replies as text, whatever the application has chosen. */
export const AS_TEXT = { typeMapping: {} };

/** There is no limit of time for a command that waits. */
export const WAITING = { ...AS_TEXT, timeout: undefined };

export function fromNodeRedis(client: NodeRedisClient): RedisClient {
	return {
		call: (args) => client.sendCommand([...args], AS_TEXT),
		connect: async () => {
			const socket = { ...client.options?.socket, ...OWN_SOCKET };
			const own = client.duplicate({ ...OWN, socket });
			// Whatever waits for a reply is told the same.
			own.on("error", () => {});
			const connection: RedisConnection = {
				call: (args) => own.sendCommand([...args], WAITING),
				destroy: () => destroy(own),
			};
			try {
				await own.connect();
			} catch (error) {
				destroy(own);
				throw error;
			}
			return connection;
		},
	};
}

/** One that has broken is closed already, and says so by an error. */
function destroy(client: NodeRedisClient): void {
	try {
		client.destroy();
	} catch {
		// As it is to be.
	}
}
