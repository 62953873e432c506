/**
 * A TCP proxy that can go deaf: what the client says passes, and what the server answers does not.
 */
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";

export interface DeafProxy {
	readonly port: number;
	/** From now on no answer passes. */
	isDeaf: boolean;
	/** Bytes that did not pass. */
	readonly lost: number;
	/** Break every connection. Those that are opened next are served. */
	cut(): void;
	close(): Promise<void>;
}

export async function startDeafProxy(port: number): Promise<DeafProxy> {
	const sockets = new Set<Socket>();
	let lost = 0;
	const server = net.createServer((client) => {
		const upstream = net.connect(port, "127.0.0.1");
		for (const [socket, other] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			sockets.add(socket);
			// 'close' follows, and says all.
			socket.on("error", () => {});
			socket.on("close", () => {
				sockets.delete(socket);
				other.destroy();
			});
		}
		client.pipe(upstream);
		upstream.on("data", (bytes) => {
			if (proxy.isDeaf) lost += bytes.length;
			else client.write(bytes);
		});
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const proxy: DeafProxy = {
		port: (server.address() as AddressInfo).port,
		isDeaf: false,
		get lost() {
			return lost;
		},
		cut: () => {
			proxy.isDeaf = false;
			for (const socket of sockets) socket.destroy();
		},
		close: async () => {
			const closed = once(server, "close");
			server.close();
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
	return proxy;
}
