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

export interface Settings {
	readonly username?: string;
	readonly password?: string;
	/** Only of ioredis. */
	readonly keyPrefix?: string;
}

export interface OpenClient {
	readonly client: Client;
	close(): unknown;
}

const host = "127.0.0.1";

const ioredis = (port: number, settings: Settings) => ({
	host,
	port,
	lazyConnect: true,
	...settings,
});

const nodeRedis = (port: number, settings: Settings) => ({ socket: { host, port }, ...settings });

const CLIENTS: Readonly<Record<string, (port: number, settings: Settings) => Client>> = {
	"node-redis 5": (port, settings) => createClient5(nodeRedis(port, settings)),
	"node-redis 6": (port, settings) => createClient6(nodeRedis(port, settings)),
	"ioredis 5": (port, settings) => new IORedis5(ioredis(port, settings)),
	"ioredis 6": (port, settings) => new IORedis6(ioredis(port, settings)),
	iovalkey: (port, settings) => new IOValkey(ioredis(port, settings)),
};

export const LIBRARIES: readonly string[] = Object.keys(CLIENTS);

/** A client that is connected, by the name of its library and the version. */
export async function openClient(
	library: string,
	port: number,
	settings: Settings = {},
): Promise<OpenClient> {
	const client = CLIENTS[library]?.(port, settings);
	if (client === undefined) throw new Error(`there is no library ${library}`);
	// What breaks is mended by the client, and seen by the caller that waits for an answer.
	client.on("error", () => {});
	await client.connect();
	return { client, close: () => close(client) };
}

export function close(client: Client): unknown {
	return "call" in client ? client.disconnect() : client.destroy();
}
