/**
 * The documented functions of 1.x except `connectSSE`: calls on the default service, which exists once per process. What a
 * request can cause (an error with a `statusCode`) goes to `onError`, with stage `send`, and the result is that for nobody.
 */
import { DEFAULT_GROUP } from "../checks/names.js";
import type { Meta, SSEClientObjInterface } from "../types/client.js";
import type { DocumentedSendOptions, SendOptions } from "../types/message.js";
import type { ConnectionLike, Target } from "../types/target.js";
import type { InnerService } from "./inner-service.js";
import { getDefaultService } from "./process-default.js";
import { orReported } from "./reported.js";
import type { SSEService } from "./service-types.js";

/**
 * Sends a message to every connection of a client in the group (default: the default group).
 *
 * @param event the event type, or an options object; the later positions fill in what it omits, and `null` skips a position
 * @returns the number of connections that it was handed to; 0 if the client is not connected, or `onError` received an error
 * @throws `ERR_SSE_INVALID_*` without a `statusCode`, before anything is sent
 */
export function sendSSEToClient(
	clientId: string,
	msg: unknown,
	event?: string | DocumentedSendOptions | null,
	groupName?: string | null,
	sseMsgId?: string | number | null,
): number {
	const [options, group] = readArguments(event, groupName, sseMsgId);
	return send({ client: clientId, group }, msg, options);
}

/**
 * Sends a message to one connection of any service: its response, the framework's wrapper of the response, or its handle.
 *
 * @returns 1; 0 if no stream is open on it, or `onError` received an error
 * @throws `ERR_SSE_INVALID_*` without a `statusCode`, before anything is sent
 */
export function sendSSEToConnection(
	connection: ConnectionLike,
	msg: unknown,
	event?: string | SendOptions | null,
	sseMsgId?: string | number | null,
): number {
	const [options] = readArguments(event, undefined, sseMsgId);
	return send({ connection }, msg, options);
}

/**
 * Sends a message to every connection in the group (default: the default group).
 *
 * @param event the event type, or an options object; the later positions fill in what it omits, and `null` skips a position
 * @returns the number of connections that it was handed to; 0 also if `onError` received an error
 * @throws `ERR_SSE_INVALID_*` without a `statusCode`, before anything is sent
 */
export function sendSSEToAll(
	msg: unknown,
	event?: string | DocumentedSendOptions | null,
	groupName?: string | null,
	sseMsgId?: string | number | null,
): number {
	const [options, group] = readArguments(event, groupName, sseMsgId);
	return send({ group }, msg, options);
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
 * @returns the client, or `undefined` if it has no connection in the group, or `onError` received an error
 * @throws `ERR_SSE_INVALID_META` for an object that other processes cannot receive as JSON
 */
export function setClientMetadata(
	clientId: string,
	meta: Meta,
	groupName?: string | null,
): SSEClientObjInterface | undefined {
	const set = (service: SSEService) =>
		service.setMetadata(clientId, meta, groupName ?? DEFAULT_GROUP);
	return reported(set, undefined);
}

function send(target: Target, msg: unknown, options: SendOptions): number {
	return reported((service) => service.send(target, msg, options), 0);
}

/** Calls the default service. @returns `nobody` for what a request can cause */
function reported<T>(call: (service: SSEService) => T, nobody: T): T {
	const service = getDefaultService() as InnerService;
	return orReported(
		service,
		"send",
		() => call(service),
		() => nobody,
	);
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
