/**
 * The client libraries that the log works with, in each of their versions.
 */
import { Redis as IORedis6 } from "ioredis";
import { Redis as IORedis5 } from "ioredis-5";
import { Redis as IOValkey } from "iovalkey";
import { createClient as createClient6 } from "redis";
import { createClient as createClient5 } from "redis-5";
import type { RedisEventLogOptions } from "../src/index.js";

type Client = RedisEventLogOptions["client"];

export interface User {
	readonly username?: string;
	readonly password?: string;
}

export interface OpenClient {
	readonly client: Client;
	close(): unknown;
}

const host = "127.0.0.1";

const ioredis = (port: number, user: User) => ({ host, port, lazyConnect: true, ...user });

const nodeRedis = (port: number, user: User) => ({ socket: { host, port }, ...user });

const CLIENTS: Readonly<Record<string, (port: number, user: User) => Client>> = {
	"node-redis 5": (port, user) => createClient5(nodeRedis(port, user)),
	"node-redis 6": (port, user) => createClient6(nodeRedis(port, user)),
	"ioredis 5": (port, user) => new IORedis5(ioredis(port, user)),
	"ioredis 6": (port, user) => new IORedis6(ioredis(port, user)),
	iovalkey: (port, user) => new IOValkey(ioredis(port, user)),
};

export const LIBRARIES: readonly string[] = Object.keys(CLIENTS);

/** A client that is connected, by the name of its library and the version. */
export async function openClient(
	library: string,
	port: number,
	user: User = {},
): Promise<OpenClient> {
	const client = CLIENTS[library]?.(port, user);
	if (client === undefined) throw new Error(`there is no library ${library}`);
	// What breaks is mended by the client, and seen by the caller that waits for an answer.
	client.on("error", () => {});
	await client.connect();
	return { client, close: () => close(client) };
}

export function close(client: Client): unknown {
	return "call" in client ? client.disconnect() : client.destroy();
}
