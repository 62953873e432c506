/**
 * A client: one receiver, by its id, with all of its connections; and what is known of it in each group, which is a
 * namespace: what is set in one is not seen in another.
 */

import { DEFAULT_GROUP } from "../checks/names.js";
import type { Connection } from "../connection/connection.js";
import type { Membership, Meta } from "../types/client.js";

/** Its connections are few (devices, tabs), in the order of connecting. */
export interface Client {
	readonly clientId: string;
	readonly connections: Connection[];
	/** That of the default group. It also holds the `meta` of calls that name no group, of a client that is not in it. */
	main: Membership | undefined;
}

/** What a connection is entered with. */
export interface Entrance {
	readonly meta: Meta | undefined;
	/** `undefined`: the default group. */
	readonly groups: readonly string[] | undefined;
	/** In no group, and reached by no target but itself. */
	readonly standalone: boolean;
}

/** A client that is in no registry yet. */
export function newClient(clientId: string, ...connections: Connection[]): Client {
	return { clientId, connections, main: undefined };
}

export function newMembership(group: string, meta?: Meta): Membership {
	return { group, connections: 0, meta };
}

/** Where the `meta` is that was given without naming a group. */
export function mainOf(client: Client): Membership {
	client.main ??= newMembership(DEFAULT_GROUP);
	return client.main;
}
