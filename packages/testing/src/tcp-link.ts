/**
 * A TCP link before a server: a test decides what it brings, and when.
 */
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";

export interface TcpLink {
	readonly port: number;
	/** Open connections stay. */
	close(): void;
}

/** @param join called for each connection, whose ends end together */
export async function startTcpLink(
	targetPort: number,
	join: (client: Socket, upstream: Socket) => void,
): Promise<TcpLink> {
	const server = net.createServer((client) => {
		const upstream = net.connect(targetPort, "127.0.0.1");
		join(client, upstream);
		for (const [one, other] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			// 'close' follows.
			one.on("error", () => {});
			one.on("close", () => other.destroy());
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		port: (server.address() as AddressInfo).port,
		close: () => void server.close(),
	};
}
