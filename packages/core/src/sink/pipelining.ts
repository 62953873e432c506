/**
 * Pipelining: a response to a request that was sent behind another one has no socket until that one's response has ended.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { listenerOn } from "./open-sinks.js";

/** Responses that wait for a socket: one listener on it for all of them, because Node warns of more than ten. */
const waiting = new WeakMap<Socket, Set<ServerResponse>>();

/**
 * Whether a response waits behind an open stream on its socket, which has no end of its own. One socket could hold as many
 * streams as it can send requests.
 */
export function isBehindStream({ socket }: IncomingMessage, response: ServerResponse): boolean {
	if (response.socket !== null) return false;
	// The response whose turn it is, as Node's server keeps it.
	const { _httpMessage: current } = socket as { readonly _httpMessage?: ServerResponse | null };
	return [current, ...(waiting.get(socket) ?? [])].some(
		(other) => other && !other.writableEnded && listenerOn(other) !== undefined,
	);
}

/**
 * Call `onSocket` with the socket that the response has, or else as soon as it has one.
 *
 * @returns what ends the waiting; `undefined` when there was none
 */
export function whenOnSocket(
	request: IncomingMessage,
	response: ServerResponse,
	onSocket: (socket: Socket) => void,
): (() => void) | undefined {
	const { socket } = response;
	if (socket !== null) {
		onSocket(socket);
		return undefined;
	}
	const { socket: shared } = request;
	const others = waiting.get(shared) ?? new Set();
	if (others.size === 0) shared.on("close", onSharedClose);
	waiting.set(shared, others.add(response));
	const stop = (): void => {
		others.delete(response);
		if (others.size === 0) shared.off("close", onSharedClose);
	};
	response.once("socket", (own: Socket) => {
		stop();
		onSocket(own);
	});
	return stop;
}

/** Nobody else would tell them that their client has left. */
function onSharedClose(this: Socket): void {
	for (const response of waiting.get(this) ?? []) response.emit("close");
}
