/**
 * Chunks that a response of Node holds until the end of the tick, and the 'drain' that comes of passing them on.
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Passes on the chunks that a response holds until the end of the tick. From Node 26 on it holds them itself; before, its socket
 * does. Bytes written to the socket would overtake them, and the head with them.
 *
 * @returns whether it held any
 */
export function uncork(response: ServerResponse, socket: Socket | null): boolean {
	if (!(response.writableCorked > 0 && response.writableLength > (socket?.writableLength ?? 0)))
		return false;
	isUncorking = true;
	try {
		response.uncork();
	} finally {
		isUncorking = false;
	}
	return true;
}

/**
 * Set during `uncork`, in which Node emits 'drain' if the operating system accepts everything.
 * @see https://github.com/nodejs/node/pull/64038
 */
let isUncorking = false;

/** Runs what 'drain' starts, but never within `uncork`: that runs in the middle of a write or of a count. */
export function onceUncorked(callback: () => void): void {
	if (isUncorking) queueMicrotask(callback);
	else callback();
}
