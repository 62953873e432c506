/**
 * The log's own connections while Redis, or Sentinel, cannot be reached: a frozen server accepts connections and does not answer.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import { createClient } from "redis";
import { createClient as createClient5 } from "redis-5";
import { describe, expect, it, onTestFinished } from "vitest";
import { clientOf } from "../src/clients/detect-client.js";
import { openConnection } from "../src/own-connection.js";

const host = "127.0.0.1";

const CLIENTS: readonly (readonly [string, (port: number) => unknown])[] = [
	["node-redis 6", (port) => createClient({ socket: { host, port } })],
	["node-redis 5", (port) => createClient5({ socket: { host, port } })],
	["ioredis 6", (port) => new Redis({ host, port, lazyConnect: true })],
	["ioredis 5", (port) => new Redis5({ host, port, lazyConnect: true })],
];

const SENTINELS = { name: "main", sentinels: [{ host, port: 1 }], lazyConnect: true };

const WITH_SENTINELS: readonly (readonly [string, () => unknown])[] = [
	["ioredis 6", () => new Redis(SENTINELS)],
	["ioredis 5", () => new Redis5(SENTINELS)],
];

describe("an own connection", () => {
	it.each(CLIENTS)("over %s that a frozen server never opens is closed", async (_, make) => {
		const server = createServer();
		server.listen(0, host);
		await once(server, "listening");
		onTestFinished(() => void server.close());
		const closing = new AbortController();
		const client = clientOf(make((server.address() as AddressInfo).port));
		const opening = openConnection(client, "key", closing.signal);
		const [socket] = (await once(server, "connection")) as [Socket];
		socket.on("error", () => {}).resume();
		closing.abort(new Error("closed"));
		await expect(opening).rejects.toThrow("closed");
		await once(socket, "close");
	});

	it.each(WITH_SENTINELS)("over %s is given up once no Sentinel answers", async (_, make) => {
		const opening = openConnection(clientOf(make()), "key", new AbortController().signal);
		await expect(opening).rejects.toThrow("All sentinels are unreachable and retry is disabled");
	});
});
