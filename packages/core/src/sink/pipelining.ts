/**
 * Pipelining: the response to a pipelined request has no socket until the response before it has ended.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { listenerOn } from "./open-sinks.js";

/** Responses that wait for each socket. They share one listener, because Node warns about more than ten. */
const waiting = new WeakMap<Socket | IncomingMessage, Set<ServerResponse>>();

/**
 * Whether the response to a request, which has no socket, waits behind an open stream, which may never end. Otherwise one socket
 * could hold as many streams as it can send requests.
 */
export function isBehindStream(request: IncomingMessage): boolean {
	const shared = sharedBy(request);
	// Node's server keeps the response whose turn it is here.
	const { _httpMessage: current } = shared as { readonly _httpMessage?: ServerResponse | null };
	return [current, ...(waiting.get(shared) ?? [])].some(
		(other) => other && !other.writableEnded && listenerOn(other) !== undefined,
	);
}

/**
 * Calls `take` with the socket of a response that has none, as soon as it has one.
 *
 * @returns a function that stops waiting
 */
export function onSocket(
	request: IncomingMessage,
	response: ServerResponse,
	take: (socket: Socket) => void,
): () => void {
	const shared = sharedBy(request);
	const others = waiting.get(shared) ?? new Set();
	if (others.size === 0) shared.on("close", onSharedClose);
	waiting.set(shared, others.add(response));
	const stop = (): void => {
		others.delete(response);
		if (others.size === 0) shared.off("close", onSharedClose);
	};
	response.once("socket", (own: Socket) => {
		stop();
		take(own);
	});
	return stop;
}

/** What the requests of a client share. A request that a test made by itself has no socket, whatever the types say. */
function sharedBy(request: IncomingMessage): Socket | IncomingMessage {
	return (request.socket as Socket | null) ?? request;
}

/** Nothing else notifies waiting responses that their client has left. */
function onSharedClose(this: Socket | IncomingMessage): void {
	for (const response of waiting.get(this) ?? []) response.emit("close");
}
