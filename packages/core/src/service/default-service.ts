/**
 * The documented functions of 1.x except `connectSSE`: calls on the default service, which exists once per process.
 */
import { DEFAULT_GROUP } from "../checks/names.js";
import type { Meta, SSEClientObjInterface } from "../types/client.js";
import type { DocumentedSendOptions, SendOptions } from "../types/message.js";
import type { ConnectionLike } from "../types/target.js";
import { getDefaultService } from "./process-default.js";

/**
 * Sends a message to every connection of a client in the group (default: the default group).
 *
 * @param event the event type, or an options object; the later positions fill in what it omits, and `null` skips a position
 * @returns the number of connections that it was handed to; 0 if the client is not connected
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
 * Sends a message to one connection of any service: its response, the framework's wrapper of the response, or its handle.
 *
 * @returns 1, or 0 if no stream is open on it
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
 * Sends a message to every connection in the group (default: the default group).
 *
 * @param event the event type, or an options object; the later positions fill in what it omits, and `null` skips a position
 * @returns the number of connections that it was handed to
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

/** Returns the client, or `undefined` if it has no connection in the group (default: the default group). */
export function getClientObj(
	clientId: string,
	groupName?: string | null,
): SSEClientObjInterface | undefined {
	return getDefaultService().getClient(clientId, groupName ?? DEFAULT_GROUP);
}

/** Returns every client with a connection in the group (default: the default group); `[]` if there is none. */
export function getAllClientObjs(groupName?: string | null): SSEClientObjInterface[] {
	return getDefaultService().getClients(groupName ?? DEFAULT_GROUP);
}

/**
 * Replaces a client's `meta` in the group (default: the default group).
 *
 * @returns the client, or `undefined` if it has no connection in the group
 * @throws `ERR_SSE_INVALID_META`
 */
export function setClientMetadata(
	clientId: string,
	meta: Meta,
	groupName?: string | null,
): SSEClientObjInterface | undefined {
	return getDefaultService().setMetadata(clientId, meta, groupName ?? DEFAULT_GROUP);
}

/** Turns the documented positions into options and group. `null` skips a position. */
function readArguments(
	event: string | DocumentedSendOptions | null | undefined,
	groupName?: string | null,
	sseMsgId?: string | number | null,
): [options: SendOptions, group: string] {
	const given: DocumentedSendOptions =
		typeof event === "object" && event !== null ? event : { event: event ?? undefined };
	const { group = groupName ?? DEFAULT_GROUP, id = sseMsgId ?? undefined, ...others } = given;
	return [{ ...others, id }, group];
}
