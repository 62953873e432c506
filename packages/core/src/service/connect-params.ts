/**
 * The parameters of `connect`, as the application writes them, read and checked before anything happens.
 */

import { checkObject, invalid, SSEError } from "../checks/errors.js";
import { checkClientId, checkGroups, checkKey, checkMeta } from "../checks/names.js";
import { randomId } from "../checks/random-id.js";
import { Context } from "../pacing/context.js";
import type { Entrance } from "../registry/client.js";
import type { Sink } from "../sink/sink.js";
import type { DisconnectInfo } from "../types/callbacks.js";
import type { ConnectParams } from "../types/connect.js";
import type { ResolvedOptions } from "./options.js";

// In milliseconds, 1973 to the end of 9999. Seconds since the epoch are less until the year 5138, and microseconds are more.
const FIRST_TIME = 1e11;
const LAST_TIME = 253_402_300_799_999;

/** The parameters of a stream, independent of its transport. */
export type OpenParams = Omit<ConnectParams, "req" | "res">;

type Names<Params> = Readonly<Record<keyof Params, true>>;

/** The parameters that `connect` and `respond` share. A mistyped one could silently put a client in the wrong group. */
export const SHARED_NAMES: Names<Omit<OpenParams, "originalResHeaders">> = {
	meta: true,
	clientId: true,
	groupName: true,
	groups: true,
	standalone: true,
	limitKey: true,
	expiresAt: true,
	since: true,
	onDisconnectCb: true,
};

export const CONNECT_NAMES: Names<ConnectParams> = {
	req: true,
	res: true,
	originalResHeaders: true,
	...SHARED_NAMES,
};

/** The checked parameters. */
interface Registration extends Entrance {
	readonly clientId: string;
	readonly limitKey: string | undefined;
	/** In milliseconds since the epoch. `undefined`: never. */
	readonly expiresAt: number | undefined;
	readonly since: string | undefined;
	/** Runs in the async context of the call, whatever ends the connection. */
	readonly onDisconnectCb: ((info: DisconnectInfo) => unknown) | undefined;
}

/** @throws `ERR_SSE_INVALID_*`, `ERR_SSE_EXPIRED` */
export function readParams(params: OpenParams, options: ResolvedOptions): Registration {
	checkObject(params, "params", "ERR_SSE_INVALID_OPTION");
	const { clientId, groupName, meta, originalResHeaders, onDisconnectCb } = params;
	const { standalone = false, limitKey, expiresAt, since } = params;
	// In 1.x what is falsy was none, such as that of `verbose && log`, and nothing catches what connectSSE throws.
	if (onDisconnectCb && typeof onDisconnectCb !== "function") {
		throw invalid("ERR_SSE_INVALID_OPTION", "onDisconnectCb must be a function", onDisconnectCb);
	}
	if (originalResHeaders !== undefined) {
		checkObject(originalResHeaders, "originalResHeaders", "ERR_SSE_INVALID_HEADERS");
	}
	const named = groupName === undefined ? params.groups : joined(groupName, params.groups);
	if (standalone !== false && (standalone !== true || named !== undefined)) {
		const rule = "standalone must be true or false, and cannot be combined with groups";
		throw invalid("ERR_SSE_INVALID_OPTION", rule, standalone);
	}
	const groups =
		named === undefined
			? named
			: checkGroups(named, options.maxGroupNameLength, options.maxGroupsPerConnection);
	return {
		clientId:
			clientId === undefined ? randomId() : checkClientId(clientId, options.maxClientIdLength),
		groups,
		standalone: standalone === true,
		limitKey: limitKey === undefined ? limitKey : checkKey(limitKey, "limitKey"),
		meta: meta === undefined ? meta : checkMeta(meta, options.eventLog !== undefined),
		metaCopy: groups?.[1] === undefined ? undefined : meta && { ...meta },
		expiresAt: expiresAt === undefined ? expiresAt : checkExpiresAt(expiresAt),
		since: since === undefined ? since : checkSince(since, options.history !== false),
		onDisconnectCb: onDisconnectCb && bound(onDisconnectCb),
	};
}

/** Whether a stream can open on the response. @throws `ERR_SSE_RESPONSE_STARTED`, `ERR_SSE_PIPELINED` */
export function checkState(state: Sink["state"]): void {
	if (state === "started") {
		const rule = "The response has already started: call connect once, before sending anything";
		throw new SSEError("ERR_SSE_RESPONSE_STARTED", rule);
	}
	if (state === "blocked") {
		const rule =
			"The request came behind an open stream on the same HTTP/1.1 connection, where its own could never begin";
		throw new SSEError("ERR_SSE_PIPELINED", rule);
	}
}

/** @throws `ERR_SSE_INVALID_OPTION`, with status 400 for a bad value */
function checkSince(since: unknown, hasHistory: boolean): string {
	if (hasHistory && typeof since === "string" && since !== "") return since;
	const [rule, statusCode] = hasHistory
		? ['since must be "start", "now" or an id', 400]
		: ["since needs the option history of the service"];
	throw invalid("ERR_SSE_INVALID_OPTION", rule, since, { statusCode });
}

/** Binds a callback to the async context of this call. */
function bound<Info>(callback: (info: Info) => unknown): (info: Info) => unknown {
	const context = new Context();
	return (info) => context.run(() => callback(info));
}

/** Joins both ways to name groups. */
function joined(groupName: unknown, groups: unknown): unknown {
	return groups === undefined ? groupName : [groupName, ...[groups].flat()];
}

/**
 * Checks the time at which a token expires.
 *
 * @throws `ERR_SSE_INVALID_EXPIRES_AT`, with status 400 for NaN; `ERR_SSE_EXPIRED`, status 401, for a past time
 */
function checkExpiresAt(value: unknown): number {
	// Not `instanceof`: test runners give modules a `Date` of another realm.
	const isDate = Object.prototype.toString.call(value) === "[object Date]";
	const time = isDate ? (value as Date).getTime() : value;
	if (typeof time !== "number" || !(time >= FIRST_TIME && time <= LAST_TIME)) {
		const rule =
			"expiresAt must be a Date or milliseconds since the epoch (the exp of a token is in seconds: exp * 1000)";
		// NaN: a token without a time.
		const statusCode = Number.isNaN(time) ? 400 : undefined;
		throw invalid("ERR_SSE_INVALID_EXPIRES_AT", rule, time, { statusCode });
	}
	if (time <= Date.now())
		throw new SSEError(
			"ERR_SSE_EXPIRED",
			"expiresAt is past: the client needs a new authorization",
		);
	return time;
}
