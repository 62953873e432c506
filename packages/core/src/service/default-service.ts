/**
 * The documented functions: calls on the default service, which is one for the whole process.
 */
import { DEFAULT_GROUP } from "../checks/names.js";
import type { Meta, SSEClientObjInterface } from "../types/client.js";
import type { ConnectParams, ConnectResult } from "../types/connection.js";
import type { DocumentedSendOptions, SendOptions } from "../types/message.js";
import type { ConnectionLike } from "../types/target.js";
import { getDefaultService } from "./process-default.js";

/**
 * Open an event stream on a response and register its client, in the default group unless told otherwise.
 *
 * @see SSEService.connect for what it returns and throws
 */
export function connectSSE(params: ConnectParams): ConnectResult {
	return getDefaultService().connect(params);
}

/**
 * Send a message to every connection of a client that is in the group (default: the default group).
 *
 * @param event the event type, or an options object in its place; what it does not tell is as the positions say
 * @returns the number of connections it was handed to, 0 when the client is not here
 * @throws `ERR_SSE_INVALID_*`, before anything is sent
 */
export function sendSSEToClient(
	clientId: string,
	msg: unknown,
	event?: string | DocumentedSendOptions | null,
	groupName?: string | null,
	sseMsgId?: string | number | null,
): number {
	const [options, group] = readArguments(event, groupName, sseMsgId);
	return getDefaultService().send({ client: clientId, group }, msg, options);
}

/**
 * Send a message to one connection, of whichever service: its response, the framework's wrapper of that, or its handle.
 *
 * @returns 1, or 0 when no stream is open on it
 * @throws `ERR_SSE_INVALID_*`, before anything is sent
 */
export function sendSSEToConnection(
	connection: ConnectionLike,
	msg: unknown,
	event?: string | SendOptions | null,
	sseMsgId?: string | number | null,
): number {
	const [options] = readArguments(event, undefined, sseMsgId);
	return getDefaultService().send({ connection }, msg, options);
}

/**
 * Send a message to every connection in the group (default: the default group).
 *
 * @param event the event type, or an options object in its place; what it does not tell is as the positions say
 * @returns the number of connections it was handed to
 * @throws `ERR_SSE_INVALID_*`, before anything is sent
 */
export function sendSSEToAll(
	msg: unknown,
	event?: string | DocumentedSendOptions | null,
	groupName?: string | null,
	sseMsgId?: string | number | null,
): number {
	const [options, group] = readArguments(event, groupName, sseMsgId);
	return getDefaultService().send({ group }, msg, options);
}

/** The client, or `undefined` when it has no connection in the group (default: the default group). */
export function getClientObj(
	clientId: string,
	groupName?: string | null,
): SSEClientObjInterface | undefined {
	return getDefaultService().getClient(clientId, groupName ?? DEFAULT_GROUP);
}

/** Every client with a connection in the group (default: the default group); `[]` when there is none. */
export function getAllClientObjs(groupName?: string | null): SSEClientObjInterface[] {
	return getDefaultService().getClients(groupName ?? DEFAULT_GROUP);
}

/** Replace a client's `meta`. @returns the client, or `undefined` when it has no connection in the group */
export function setClientMetadata(
	clientId: string,
	meta: Meta,
	groupName?: string | null,
): SSEClientObjInterface | undefined {
	return getDefaultService().setMetadata(clientId, meta, groupName ?? DEFAULT_GROUP);
}

/** The documented positions as options and group. `null` is how JavaScript skips one: not told. */
function readArguments(
	event: string | DocumentedSendOptions | null | undefined,
	groupName?: string | null,
	sseMsgId?: string | number | null,
): [options: SendOptions, group: string] {
	const told: DocumentedSendOptions =
		typeof event === "object" && event !== null ? event : { event: event ?? undefined };
	const { group = groupName ?? DEFAULT_GROUP, id = sseMsgId ?? undefined, ...others } = told;
	return [{ ...others, id }, group];
}
