/**
 * The client of `ioredis`, 5 or 6.
 */
import { opened, type RedisClient, type RedisConnection } from "./client.js";

/** What is used of it. */
export interface IORedisClient {
	call(command: string, ...args: string[]): Promise<unknown>;
	duplicate(override?: object): IORedisClient;
	connect(): Promise<unknown>;
	disconnect(): void;
	on(event: "error", listener: (error: Error) => void): unknown;
}

/** Does not reconnect, unlike the application's client, and has no time limit for blocking commands. */
const OWN = {
	lazyConnect: true,
	retryStrategy: null,
	sentinelRetryStrategy: null,
	reconnectOnError: null,
	autoResendUnfulfilledCommands: false,
	maxRetriesPerRequest: null,
	commandTimeout: undefined,
	blockingTimeout: undefined,
	socketTimeout: undefined,
	enableAutoPipelining: false,
	role: "master",
	readOnly: false,
};

/** @param more settings for our own connections */
export function fromIORedis(client: IORedisClient, more?: object): RedisClient {
	return {
		call: (args) => call(client, args),
		connect: async (_, signal) => {
			const own = client.duplicate({ ...OWN, ...more });
			// Pending commands reject with the same error.
			own.on("error", () => {});
			const connection: RedisConnection = {
				call: (args) => call(own, args),
				destroy: () => own.disconnect(),
			};
			return opened(own.connect(), connection, signal);
		},
	};
}

function call(client: IORedisClient, [command = "", ...args]: readonly string[]): Promise<unknown> {
	return client.call(command, ...args);
}
