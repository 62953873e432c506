/**
 * The client of `redis` (node-redis), 5 or 6.
 */
import { opened, type RedisClient, type RedisConnection } from "./client.js";

/** What is used of it. */
export interface NodeRedisClient {
	readonly options?: { readonly socket?: object | undefined } | undefined;
	sendCommand(args: string[], options?: object): Promise<unknown>;
	duplicate(overrides?: object): NodeRedisClient;
	connect(): Promise<unknown>;
	destroy(): void;
	on(event: "connect" | "error", listener: (error: Error) => void): unknown;
}

/** Does not reconnect, unlike the application's client. */
const OWN = { disableOfflineQueue: true, pingInterval: 0, clientSideCache: undefined };
const OWN_SOCKET = { reconnectStrategy: false, socketTimeout: undefined };

/** Replies as strings, whatever the application configured. */
export const AS_TEXT = { typeMapping: {} };

/** No time limit, for blocking commands. */
export const WAITING = { ...AS_TEXT, timeout: undefined };

export function fromNodeRedis(client: NodeRedisClient): RedisClient {
	return {
		call: (args) => client.sendCommand([...args], AS_TEXT),
		connect: async (_, signal) => {
			const socket = { ...client.options?.socket, ...OWN_SOCKET };
			const own = client.duplicate({ ...OWN, socket });
			// Pending commands reject with the same error.
			own.on("error", () => {});
			const connection: RedisConnection = {
				call: (args) => own.sendCommand([...args], WAITING),
				destroy: () => destroy(own),
			};
			// Destroyed before it has a socket, the client would leave the one that it gets.
			let hasSocket = false;
			own.on("connect", () => {
				hasSocket = true;
				if (signal.aborted) setImmediate(destroy, own);
			});
			return opened(own.connect(), connection, signal, () => hasSocket && destroy(own));
		},
	};
}

/** Closes a client. A broken one is already closed, and throws. */
function destroy(client: NodeRedisClient): void {
	try {
		client.destroy();
	} catch {
		// Already closed.
	}
}
