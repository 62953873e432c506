/**
 * Free ports, for programs that cannot say which one the system chose.
 */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import net from "node:net";

/**
 * Below the ports that systems give to connections and to servers that name none: nobody takes one of these while a program that
 * is to have it starts, or starts again. Above those that browsers refuse.
 */
const FIRST = 11_000;
const LAST = 32_767;

/** Different ones of 127.0.0.1. */
export async function freePorts(count: number): Promise<readonly number[]> {
	const ports: number[] = [];
	const servers: net.Server[] = [];
	while (ports.length < count) {
		const port = randomInt(FIRST, LAST + 1);
		const server = net.createServer().listen(port, "127.0.0.1");
		const isFree = await once(server, "listening").then(
			() => true,
			() => false,
		);
		if (!isFree) continue;
		ports.push(port);
		servers.push(server);
	}
	await Promise.all(servers.map((server) => once(server.close(), "close")));
	return ports;
}

export async function freePort(): Promise<number> {
	const [port = 0] = await freePorts(1);
	return port;
}
