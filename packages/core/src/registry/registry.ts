/**
 * The registry: who is connected, found again by connection, client and group. It indexes open
 * connections and writes to none. A client or group exists while it has a connection.
 */

import { DEFAULT_GROUP } from "../checks/names.js";
import type { Connection } from "../connection/connection.js";
import type { GroupSize, Meta } from "../types/client.js";
import type { Selection } from "./target.js";

/** One logical receiver. Its connections are few (devices, tabs), in the order of connecting. */
export interface Client {
	readonly clientId: string;
	/** `undefined`: `{}`, once somebody looks. */
	meta: Meta | undefined;
	readonly connections: Connection[];
}

interface Group {
	readonly connections: Set<Connection>;
	/** How many of each client's connections are in it. */
	readonly clients: Map<string, number>;
	/** The memberships of those that are in no other group: most are. They share it, and it is never changed. */
	readonly alone: ReadonlySet<string>;
}

const DEFAULT_GROUPS: readonly string[] = [DEFAULT_GROUP];
const NOBODY: readonly Connection[] = [];

export class Registry {
	// Maps, never objects: names are data, and `__proto__` is one.
	readonly #clients = new Map<string, Client>();
	readonly #groups = new Map<string, Group>();
	readonly #connections = new Set<Connection>();

	get connectionCount(): number {
		return this.#connections.size;
	}

	get clientCount(): number {
		return this.#clients.size;
	}

	get groupCount(): number {
		return this.#groups.size;
	}

	/** Every open connection, oldest first. */
	connections(): readonly Connection[] {
		return [...this.#connections];
	}

	/** Enter a connection: its client appears with `meta` unless it is here already. `groups`: the default one unless told. */
	add(connection: Connection, meta: Meta | undefined, groups = DEFAULT_GROUPS): Client {
		let client = this.#clients.get(connection.clientId);
		if (client === undefined) {
			client = newClient(connection.clientId, meta, connection);
			this.#clients.set(connection.clientId, client);
		} else client.connections.push(connection);
		this.#connections.add(connection);
		for (const name of groups) this.#enter(connection, name);
		connection.memberships = this.#aloneIn(groups) ?? new Set(groups);
		return client;
	}

	/** Take a connection out of every index. @returns its client, or `undefined` when it was in none */
	remove(connection: Connection): Client | undefined {
		if (!this.#connections.delete(connection)) return undefined;
		for (const name of connection.memberships) this.#exit(connection, name);
		const client = this.#clients.get(connection.clientId);
		if (client === undefined) return undefined;
		client.connections.splice(client.connections.indexOf(connection), 1);
		if (client.connections.length === 0) this.#clients.delete(connection.clientId);
		return client;
	}

	/** @returns the groups that it was not in before: none when it is not in this registry */
	join(connection: Connection, names: readonly string[]): readonly string[] {
		const added = names.filter((name) => !connection.memberships.has(name));
		if (added.length === 0 || !this.#connections.has(connection)) return [];
		const memberships = this.#ownMemberships(connection);
		for (const name of added) {
			memberships.add(name);
			this.#enter(connection, name);
		}
		return added;
	}

	/** @returns false when it was in none of the groups, or is not in this registry */
	leave(connection: Connection, names: readonly string[]): boolean {
		const left = names.filter((name) => this.has(connection, name));
		if (left.length === 0) return false;
		const memberships = this.#ownMemberships(connection);
		for (const name of left) {
			memberships.delete(name);
			this.#exit(connection, name);
		}
		return true;
	}

	/** Whether the connection is in this registry, and so open. */
	includes(connection: Connection): boolean {
		return this.#connections.has(connection);
	}

	/** Whether the connection is in the group. */
	has(connection: Connection, name: string): boolean {
		return this.#groups.get(name)?.connections.has(connection) === true;
	}

	/** The client, if it has a connection (in the group, if one is told). */
	client(clientId: string, group?: string): Client | undefined {
		if (group !== undefined && !this.#groups.get(group)?.clients.has(clientId)) return undefined;
		return this.#clients.get(clientId);
	}

	/** Every client with a connection (in the group, if one is told). */
	clients(group?: string): Client[] {
		if (group === undefined) return [...this.#clients.values()];
		const ids = this.#groups.get(group)?.clients.keys() ?? [];
		return [...ids].flatMap((clientId) => this.#clients.get(clientId) ?? []);
	}

	sizes(): GroupSize[] {
		return Array.from(this.#groups, ([name, { connections, clients }]) => ({
			name,
			connections: connections.size,
			clients: clients.size,
		}));
	}

	/**
	 * Call `visit` with every open connection of a selection, and with no other.
	 * A connection may be removed while it is visited.
	 *
	 * @returns for how many `visit` answered true
	 */
	visit(selection: Selection, visit: (connection: Connection) => boolean): number {
		const { group, exceptClient, exceptConnection } = selection;
		// A client's connections are a short array, copied because visiting may remove from it; the sets
		// are walked as they are.
		const inGroup = selection.client === undefined ? undefined : group;
		let count = 0;
		for (const connection of this.#candidates(selection)) {
			if (connection === exceptConnection || connection.clientId === exceptClient) continue;
			if (inGroup !== undefined && !this.has(connection, inGroup)) continue;
			if (visit(connection)) count++;
		}
		return count;
	}

	#candidates({ connection, client, group }: Selection): Iterable<Connection> {
		if (connection !== undefined) return [connection];
		if (client !== undefined) return this.#clients.get(client)?.connections.slice() ?? NOBODY;
		if (group !== undefined) return this.#groups.get(group)?.connections ?? NOBODY;
		return this.#connections;
	}

	#enter(connection: Connection, name: string): void {
		let group = this.#groups.get(name);
		if (group === undefined) {
			group = { connections: new Set(), clients: new Map(), alone: new Set([name]) };
			this.#groups.set(name, group);
		}
		group.connections.add(connection);
		group.clients.set(connection.clientId, (group.clients.get(connection.clientId) ?? 0) + 1);
	}

	#exit(connection: Connection, name: string): void {
		const group = this.#groups.get(name);
		if (group === undefined) return;
		group.connections.delete(connection);
		if (group.connections.size === 0) {
			this.#groups.delete(name);
			return;
		}
		const left = (group.clients.get(connection.clientId) ?? 0) - 1;
		if (left > 0) group.clients.set(connection.clientId, left);
		else group.clients.delete(connection.clientId);
	}

	/** What is shared by those that are in this one group. */
	#aloneIn(names: Iterable<string>): ReadonlySet<string> | undefined {
		const [name = "", another] = names;
		return another === undefined ? this.#groups.get(name)?.alone : undefined;
	}

	/** The set of a connection's groups, to be changed. */
	#ownMemberships(connection: Connection): Set<string> {
		const { memberships } = connection;
		const isShared = memberships === this.#aloneIn(memberships);
		const own = isShared ? new Set(memberships) : (memberships as Set<string>);
		connection.memberships = own;
		return own;
	}
}

/** A client that is in no registry yet. */
export function newClient(
	clientId: string,
	meta: Meta | undefined,
	...connections: Connection[]
): Client {
	return { clientId, meta, connections };
}
