/**
 * A client: one receiver, by id, with all of its connections, and its memberships. Each group is a namespace: what is set in
 * one is not visible in another.
 */

import { DEFAULT_GROUP } from "../checks/names.js";
import type { Connection } from "../connection/connection.js";
import type { Membership, Meta } from "../types/client.js";

/** A client's connections are few (devices, tabs), in the order of connecting. */
export interface Client {
	readonly clientId: string;
	readonly connections: Connection[];
	/** The membership in the default group. For a client outside that group it holds the `meta` of calls without a group. */
	main: Membership | undefined;
}

/** How a connection enters the registry. */
export interface Entrance {
	readonly meta: Meta | undefined;
	/** With several groups: what the further ones get copies of. Copying it runs no getter, which could throw. */
	readonly metaCopy: Meta | undefined;
	/** `undefined`: the default group. */
	readonly groups: readonly string[] | undefined;
	/** In no group, and reached only by its own handle. */
	readonly standalone: boolean;
}

/** Creates a client that is not registered yet. */
export function newClient(clientId: string, ...connections: Connection[]): Client {
	return { clientId, connections, main: undefined };
}

export function newMembership(group: string, meta?: Meta): Membership {
	return { group, connections: 0, meta };
}

/** Returns the membership that holds the `meta` set without a group. */
export function mainOf(client: Client): Membership {
	client.main ??= newMembership(DEFAULT_GROUP);
	return client.main;
}
