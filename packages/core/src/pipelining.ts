/**
 * Pipelining: a response to a request that was sent behind another one has no socket until that one's response has ended.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

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
	// Nobody else would tell it that the client has left.
	const onOrphaned = (): void => void response.emit("close");
	const stop = (): void => void shared.off("close", onOrphaned);
	shared.once("close", onOrphaned);
	response.once("socket", (own: Socket) => {
		stop();
		onSocket(own);
	});
	return stop;
}
