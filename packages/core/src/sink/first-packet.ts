/**
 * The first packet of a stream that a layer carries. A layer sends the head before it reads the body, so the first bytes take a
 * second packet, and a second system call, which is a sixth of the cost of a connection. A socket that is held gathers both.
 */

/** Node's socket. */
export interface Holdable {
	cork(): void;
	uncork(): void;
}

const held = new Set<Holdable>();

/** Holds what is written to a socket, until `release` or the end of this turn of the event loop. */
export function hold(socket: Holdable): void {
	if (held.size === 0) setImmediate(releaseAll);
	held.add(socket);
	socket.cork();
}

export function release(socket: Holdable): void {
	if (held.delete(socket)) socket.uncork();
}

function releaseAll(): void {
	for (const socket of held) release(socket);
}
