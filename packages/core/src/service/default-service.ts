/**
 * The default service, one for the whole process, and the documented functions, which are calls on it.
 */
import { isDeepStrictEqual } from "node:util";
import { SSEError } from "../checks/errors.js";
import { DEFAULT_GROUP } from "../checks/names.js";
import { Context } from "../pacing/context.js";
import type { Meta, SSEClientObjInterface } from "../types/client.js";
import type { ConnectParams, ConnectResult } from "../types/connection.js";
import type { DocumentedSendOptions, SendOptions } from "../types/message.js";
import type { ConnectionLike } from "../types/target.js";
import type { SSEServiceOptions } from "./option-types.js";
import { createSSEService } from "./service.js";
import type { SSEService } from "./service-types.js";

// On globalThis under a versioned key: the ESM and the CommonJS build, or two copies of the package, in
// one process must share one registry.
const KEY = Symbol.for("sse-service.default.v1");

interface Holder {
	service: SSEService;
	/** The options it was made with, or `undefined` when it was made without. */
	options: SSEServiceOptions | undefined;
}

const holder = globalThis as { [KEY]?: Holder };

// It may be made by the first request, and is not of that.
const context = new Context();

/**
 * The service behind `connectSSE` and the other documented functions. Options configure it, once: call it
 * with them before the first use.
 *
 * @throws `ERR_SSE_ALREADY_CONFIGURED` when it is in use or configured with other options; `ERR_SSE_INVALID_OPTION`
 */
export function getDefaultService(options?: SSEServiceOptions): SSEService {
	const present = holder[KEY];
	if (present === undefined) {
		const made = { service: context.run(() => createSSEService(options)), options };
		holder[KEY] = made;
		return made.service;
	}
	const other = options && differing(options, present.options);
	if (other !== undefined) {
		const hint = typeof options?.[other] === "function" ? " It must be the same function." : "";
		throw new SSEError(
			"ERR_SSE_ALREADY_CONFIGURED",
			`The default service is in use with another value of the option ${other}.${hint}`,
		);
	}
	return present.service;
}

/** The first option in which they differ. */
function differing(
	one: SSEServiceOptions,
	other: SSEServiceOptions = {},
): keyof SSEServiceOptions | undefined {
	const names = Object.keys({ ...one, ...other }) as (keyof SSEServiceOptions)[];
	// By value, because `history` is often written where it is used. Functions are what they are.
	return names.find((name) => {
		// Two logs look alike.
		if (name === "eventLog") return one[name] !== other[name];
		return !isDeepStrictEqual(one[name], other[name]);
	});
}

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
