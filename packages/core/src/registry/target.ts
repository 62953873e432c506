/**
 * A target: the receivers of a call, as the application writes them, parsed into a selection. A target that does not match
 * one of the forms exactly is refused: `{ client: undefined }` must never reach everyone.
 */

import { invalid, isObject, observe } from "../checks/errors.js";
import { checkClientId, checkGroup, type NameLimits } from "../checks/names.js";
import { didYouMean } from "../checks/near.js";
import type { Connection } from "../connection/connection.js";
import { listenerOn, responseOf } from "../sink/open-sinks.js";
import type { Audience } from "../types/target.js";

/** An audience, narrowed by what only this process knows: its connections. */
export interface Selection extends Audience {
	readonly connection?: Connection | undefined;
	readonly exceptConnection?: Connection | undefined;
}

/** The part of a selection that other processes understand. */
export function audienceOf({ client, group, exceptClient }: Selection): Audience {
	return { client, group, exceptClient };
}

const EVERYONE: Selection = {};

const KEYS = ["group", "client", "connection", "all", "except"];

/** @returns the selection, or `undefined` for a connection that is not open @throws `ERR_SSE_INVALID_TARGET`, `ERR_SSE_INVALID_CLIENT_ID`, `ERR_SSE_INVALID_GROUP` */
export function readTarget(target: unknown, limits: NameLimits): Selection | undefined {
	if (target === "all") return EVERYONE;
	const { except, ...names } = asRecord(target);
	const { connection, client, group, all } = names;
	const selection = readExcept(except, limits);
	switch (formOf(names)) {
		case "connection": {
			if (except !== undefined) break;
			const found = connectionOf(connection);
			return found && { connection: found };
		}
		case "client":
		case "client,group":
			return {
				...selection,
				client: checkClientId(client, limits.maxClientIdLength),
				group: group === undefined ? undefined : checkGroup(group, limits.maxGroupNameLength),
			};
		case "group":
			return { ...selection, group: checkGroup(group, limits.maxGroupNameLength) };
		case "all":
			if (all === true) return selection;
	}
	throw invalidTarget(target);
}

/** Returns the connection of a handle, a response, or a framework's wrapper of one; `undefined` if no stream is open on it. */
function connectionOf(value: unknown): Connection | undefined {
	const response = isObject(value) ? responseOf(value.response ?? value) : undefined;
	if (response === undefined) throw invalidTarget(value);
	// Only connections listen to sinks.
	return listenerOn(response) as Connection | undefined;
}

function readExcept(except: unknown, limits: NameLimits): Selection {
	if (except === undefined) return EVERYONE;
	const names = asRecord(except);
	const { client, connection } = names;
	switch (formOf(names)) {
		case "client":
			return { exceptClient: checkClientId(client, limits.maxClientIdLength) };
		case "connection":
			return { exceptConnection: connectionOf(connection) };
	}
	throw invalidTarget(except);
}

function asRecord(target: unknown): Record<string, unknown> {
	if (!isObject(target)) throw invalidTarget(target);
	return target;
}

/** Identifies the form by its keys, whatever their values. */
function formOf(target: object): string {
	return Object.keys(target).sort().join();
}

function invalidTarget(target: unknown): Error {
	observe(target);
	const keys = isObject(target) ? Object.keys(target) : [];
	const error = invalid(
		"ERR_SSE_INVALID_TARGET",
		'The target must be "all", { group }, { client } or { connection }',
		isObject(target) && !Array.isArray(target) ? `{ ${keys} }` : target,
	);
	const unknown = keys.find((key) => !KEYS.includes(key));
	if (unknown !== undefined) error.message += didYouMean(unknown, KEYS);
	return error;
}
