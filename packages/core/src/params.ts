/**
 * The parameters of `connect`, as the application writes them, read and checked before anything happens.
 */
import { AsyncResource } from "node:async_hooks";
import { nanoid } from "nanoid";
import { checkObject } from "./errors.js";
import { flatten } from "./flat-string.js";
import { checkExpiresAt } from "./lifetime.js";
import { checkClientId, checkGroups, type NameLimits } from "./names.js";
import type { ConnectParams, DisconnectInfo, Meta } from "./types.js";

/** Who connects, and where to. */
interface Registration {
	readonly clientId: string;
	/** `undefined`: the default group. */
	readonly groups: readonly string[] | undefined;
	readonly meta: Meta | undefined;
	/** In milliseconds since the epoch. `undefined`: never. */
	readonly expiresAt: number | undefined;
	/** In the context of the call, whatever ends the connection. */
	readonly onDisconnectCb: ((info: DisconnectInfo) => unknown) | undefined;
}

/** @throws `ERR_SSE_INVALID_*`, `ERR_SSE_EXPIRED` */
export function readParams(params: ConnectParams, limits: NameLimits): Registration {
	checkObject(params, "params", "ERR_SSE_INVALID_OPTION");
	const { clientId, groupName, groups, meta, expiresAt, originalResHeaders, onDisconnectCb } =
		params;
	if (originalResHeaders !== undefined) {
		checkObject(originalResHeaders, "originalResHeaders", "ERR_SSE_INVALID_HEADERS");
	}
	const named = namedGroups(groupName, groups);
	return {
		clientId:
			clientId === undefined
				? flatten(nanoid())
				: checkClientId(clientId, limits.maxClientIdLength),
		groups: named === undefined ? named : checkGroups(named, limits.maxGroupNameLength),
		meta: meta === undefined ? meta : checkMeta(meta),
		expiresAt: checkExpiresAt(expiresAt),
		onDisconnectCb:
			typeof onDisconnectCb === "function" ? inContext(onDisconnectCb) : onDisconnectCb,
	};
}

/** In the context of this call. `AsyncResource.bind` does the same, at ten times the cost. */
function inContext<Info>(callback: (info: Info) => unknown): (info: Info) => unknown {
	const context = new AsyncResource("SSEConnection");
	return (info) => context.runInAsyncScope(callback, undefined, info);
}

/** Both ways of naming groups. */
function namedGroups(groupName: unknown, groups: unknown): unknown {
	if (groupName === undefined) return groups;
	return groups === undefined ? groupName : [groupName, ...[groups].flat()];
}

/** @throws `ERR_SSE_INVALID_META` */
export function checkMeta(meta: unknown): Meta {
	return checkObject(meta, "meta", "ERR_SSE_INVALID_META");
}
