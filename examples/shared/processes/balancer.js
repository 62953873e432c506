/**
 * The balancer: one address for all processes. It knows nothing of what goes through: each connection is handed to a process
 * that says it is ready, and stays there until either side ends it. Streams stay for long, so the worker with the fewest is next.
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * @import { AddressInfo, Socket } from "node:net"
 */

const PROBE_MS = 250;
const PROBE_TIMEOUT_MS = 1_000;

/** @param {() => readonly number[]} portsOf The processes that listen, on 127.0.0.1. */
export function createBalancer(portsOf) {
	/** Those that answered the last probe with anything but 200. @type {Set<number>} */
	const unready = new Set();
	/** How many connections each has. @type {Map<number, number>} */
	const open = new Map();
	/** @type {Set<Socket>} */
	const sockets = new Set();
	let turn = 0;

	/** What comes before the process is found waits in the socket. */
	const server = createServer({ pauseOnConnect: true }, forward);
	const probing = setInterval(() => portsOf().forEach(probe), PROBE_MS);

	/** What a Kubernetes readiness probe does. @param {number} port */
	async function probe(port) {
		const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
		const { ok } = await fetch(`http://127.0.0.1:${port}/ready`, { signal }).catch(() => failed);
		if (ok) unready.delete(port);
		else unready.add(port);
	}

	/** All of them, the best first; among equals, each in its turn. One that is not ready is better than none. */
	function candidates() {
		const ports = portsOf();
		turn = (turn + 1) % Math.max(1, ports.length);
		return [...ports.slice(turn), ...ports.slice(0, turn)].sort(
			(one, other) =>
				Number(unready.has(one)) - Number(unready.has(other)) || countOf(one) - countOf(other),
		);
	}

	/** @param {number} port */
	function countOf(port) {
		return open.get(port) ?? 0;
	}

	/** @param {Socket} client */
	async function forward(client) {
		hold(client);
		for (const port of candidates()) {
			const upstream = hold(connect(port, "127.0.0.1"));
			try {
				await once(upstream, "connect");
			} catch {
				// It has just ended: the next one.
				continue;
			}
			open.set(port, countOf(port) + 1);
			client.once("close", () => upstream.destroy());
			upstream.once("close", () => {
				open.set(port, countOf(port) - 1);
				client.destroy();
			});
			client.pipe(upstream).pipe(client);
			return;
		}
		client.destroy();
	}

	/** Kept until it is closed. What breaks a connection is no matter of ours: both sides see that it has ended. @param {Socket} socket */
	function hold(socket) {
		sockets.add(socket.setNoDelay());
		socket.on("error", () => {});
		return socket.once("close", () => sockets.delete(socket));
	}

	return {
		/** @param {number | string} port 0: a free one @param {string} host @returns the URL */
		async listen(port, host) {
			server.listen({ port, host });
			await once(server, "listening");
			const name = host.includes(":") ? `[${host}]` : host;
			return `http://${name}:${/** @type {AddressInfo} */ (server.address()).port}`;
		},
		/** Accepts no more connections, and cuts the remaining ones. */
		close() {
			clearInterval(probing);
			server.close();
			for (const socket of sockets) socket.destroy();
		},
	};
}

const failed = { ok: false };
