/**
 * Free ports, for programs that cannot say which one the system chose. Another process may take one before it is used.
 */
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";

/** Different ones of 127.0.0.1. */
export async function freePorts(count: number): Promise<readonly number[]> {
	const servers = Array.from({ length: count }, () => net.createServer().listen(0, "127.0.0.1"));
	await Promise.all(servers.map((server) => once(server, "listening")));
	const ports = servers.map((server) => (server.address() as AddressInfo).port);
	await Promise.all(servers.map((server) => once(server.close(), "close")));
	return ports;
}

export async function freePort(): Promise<number> {
	const [port = 0] = await freePorts(1);
	return port;
}
