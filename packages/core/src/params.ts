/**
 * The parameters of `connect`, as the application writes them, read and checked before anything happens.
 */
import { nanoid } from "nanoid";
import { checkObject } from "./errors.js";
import { flatten } from "./flat-string.js";
import { checkExpiresAt } from "./lifetime.js";
import { checkClientId, checkGroups, type NameLimits } from "./names.js";
import type { ConnectParams, Meta } from "./types.js";

/** Who connects, and where to. */
interface Registration {
	readonly clientId: string;
	/** `undefined`: the default group. */
	readonly groups: readonly string[] | undefined;
	readonly meta: Meta | undefined;
	/** In milliseconds since the epoch. `undefined`: never. */
	readonly expiresAt: number | undefined;
}

/** @throws `ERR_SSE_INVALID_*`, `ERR_SSE_EXPIRED` */
export function readParams(params: ConnectParams, limits: NameLimits): Registration {
	checkObject(params, "params", "ERR_SSE_INVALID_OPTION");
	const { clientId, groupName, groups, meta, expiresAt, originalResHeaders } = params;
	if (originalResHeaders !== undefined) {
		checkObject(originalResHeaders, "originalResHeaders", "ERR_SSE_INVALID_HEADERS");
	}
	const named = groupName === undefined ? groups : [groupName, ...[groups ?? []].flat()];
	return {
		clientId:
			clientId === undefined
				? flatten(nanoid())
				: checkClientId(clientId, limits.maxClientIdLength),
		groups: named === undefined ? named : checkGroups(named, limits.maxGroupNameLength),
		meta: meta === undefined ? meta : checkMeta(meta),
		expiresAt: checkExpiresAt(expiresAt),
	};
}

/** @throws `ERR_SSE_INVALID_META` */
export function checkMeta(meta: unknown): Meta {
	return checkObject(meta, "meta", "ERR_SSE_INVALID_META");
}
