/**
 * A TCP proxy before a server: it can break the connections through it, or have them bring nothing.
 */
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";

export interface TcpProxy {
	readonly port: number;
	/** Reset what is connected. */
	cut(): void;
	/** Nothing of what the server says comes through any more, on what is connected. */
	mute(): void;
	close(): Promise<void>;
}

export async function startProxy(port: number): Promise<TcpProxy> {
	const sockets = new Set<Socket>();
	const upstreams = new Set<Socket>();
	const server = net.createServer((client) => {
		const upstream = net.connect(port, "127.0.0.1");
		upstreams.add(upstream);
		for (const [socket, other] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			sockets.add(socket);
			socket.pipe(other);
			// 'close' follows.
			socket.on("error", () => {});
			socket.on("close", () => {
				sockets.delete(socket);
				upstreams.delete(upstream);
				other.destroy();
			});
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		port: (server.address() as AddressInfo).port,
		cut: () => {
			for (const socket of sockets) socket.resetAndDestroy();
		},
		mute: () => {
			for (const upstream of upstreams) upstream.unpipe().resume();
		},
		close: async () => {
			const closed = once(server, "close");
			server.close();
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
}
