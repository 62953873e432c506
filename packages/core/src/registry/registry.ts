/**
 * The registry: indexes open connections by connection, client and group. It writes to none of them.
 * A client or group exists while it has a connection.
 */

import { DEFAULT_GROUP } from "../checks/names.js";
import type { Connection } from "../connection/connection.js";
import type { GroupSize, Membership, Meta } from "../types/client.js";
import type { SSEStats } from "../types/stats.js";
import { type Client, type Entrance, mainOf, newClient, newMembership } from "./client.js";
import { StandaloneConnections } from "./standalone.js";
import type { Selection } from "./target.js";

interface Group {
	readonly connections: Set<Connection>;
	readonly clients: Map<string, Membership>;
	/** The shared, immutable memberships of connections that are in no other group, as most are. */
	readonly alone: ReadonlySet<string>;
}

const DEFAULT_GROUPS: readonly string[] = [DEFAULT_GROUP];
const NOBODY: readonly Connection[] = [];

export class Registry {
	// Maps, never objects: names are data, and `__proto__` is one.
	readonly #clients = new Map<string, Client>();
	readonly #groups = new Map<string, Group>();
	readonly #connections = new Set<Connection>();
	readonly standalone = new StandaloneConnections();
	/** How many connections have been added. */
	opened = 0;

	get connectionCount(): number {
		return this.#connections.size + this.standalone.size;
	}

	get counts(): Pick<SSEStats, "connections" | "clients" | "groups"> {
		const { size: clients } = this.#clients;
		return { connections: this.connectionCount, clients, groups: this.#groups.size };
	}

	/** Every open connection that targets reach, oldest first. */
	connections(): readonly Connection[] {
		return [...this.#connections];
	}

	/** Every open connection; the standalone ones come last. */
	everyConnection(): readonly Connection[] {
		return [...this.#connections, ...this.standalone.all()];
	}

	/** Adds a connection. In each group its client gets `meta`, unless it is already there. */
	add(connection: Connection, entrance: Entrance): Client {
		const { meta, metaCopy, groups = DEFAULT_GROUPS, standalone } = entrance;
		connection.order = ++this.opened;
		if (standalone) return this.standalone.add(connection, meta);
		let client = this.#clients.get(connection.clientId);
		if (client === undefined) {
			client = newClient(connection.clientId, connection);
			this.#clients.set(connection.clientId, client);
			if (groups.length === 0 && meta !== undefined) mainOf(client).meta = meta;
		} else client.connections.push(connection);
		this.#connections.add(connection);
		for (const name of groups) {
			// Each group gets its own copy, so that a change in one group stays there.
			const own = connection.home && metaCopy && { ...metaCopy };
			const membership = this.#enter(connection, client, name, own ?? meta);
			connection.home ??= membership;
		}
		const alone = groups.length === 1 ? this.#groups.get(groups[0] ?? "")?.alone : undefined;
		connection.memberships = alone ?? new Set(groups);
		return client;
	}

	/** Removes a connection from every index. @returns its client, or `undefined` if it was not registered */
	remove(connection: Connection): Client | undefined {
		const client = this.#clients.get(connection.clientId);
		const isHere = this.#connections.delete(connection);
		if (client === undefined || !isHere) return this.standalone.remove(connection);
		client.connections.splice(client.connections.indexOf(connection), 1);
		if (client.connections.length === 0) this.#clients.delete(connection.clientId);
		for (const name of connection.memberships) this.#exit(connection, client, name);
		return client;
	}

	/** @returns the groups that it was not in before; none if it is not registered */
	join(connection: Connection, names: readonly string[]): readonly string[] {
		const added = names.filter((name) => !connection.memberships.has(name));
		const client = this.clientOf(connection);
		if (added.length === 0 || client === undefined) return [];
		// Most connections share the set of their only group.
		connection.memberships = new Set([...connection.memberships, ...added]);
		for (const name of added) this.#enter(connection, client, name);
		return added;
	}

	/** @returns false if it was in none of the groups, or is not registered */
	leave(connection: Connection, names: readonly string[]): boolean {
		const left = names.filter((name) => this.has(connection, name));
		const client = this.clientOf(connection);
		if (left.length === 0 || client === undefined) return false;
		const kept = new Set(connection.memberships);
		connection.memberships = kept;
		for (const name of left) {
			kept.delete(name);
			this.#exit(connection, client, name);
		}
		return true;
	}

	/** Whether the connection is registered, and therefore open. */
	includes(connection: Connection): boolean {
		return this.#connections.has(connection);
	}

	/** Whether the connection is in the group. */
	has(connection: Connection, name: string): boolean {
		return this.#groups.get(name)?.connections.has(connection) === true;
	}

	/** The client, if it has a connection. */
	client(clientId: string): Client | undefined {
		return this.#clients.get(clientId);
	}

	/** The client of a connection that targets reach. */
	clientOf(connection: Connection): Client | undefined {
		return this.#connections.has(connection) ? this.#clients.get(connection.clientId) : undefined;
	}

	/** Every client with a connection. */
	clients(): readonly Client[] {
		return [...this.#clients.values()];
	}

	/** Every client with a connection in the group. */
	clientsIn(group: string): readonly (readonly [Client, Membership])[] {
		return [...(this.#groups.get(group)?.clients ?? [])].flatMap(([clientId, membership]) => {
			const client = this.#clients.get(clientId);
			return client === undefined ? [] : [[client, membership] as const];
		});
	}

	/** The membership of a client in a group; `undefined` if it has no connection there. */
	membership(clientId: string, group: string): Membership | undefined {
		return this.#groups.get(group)?.clients.get(clientId);
	}

	sizes(): GroupSize[] {
		return Array.from(this.#groups, ([name, { connections, clients }]) => ({
			name,
			connections: connections.size,
			clients: clients.size,
		}));
	}

	/**
	 * Calls `visit` with every open connection of a selection, and with no other.
	 * A connection may be removed while it is visited.
	 *
	 * @returns how often `visit` returned true
	 */
	visit(selection: Selection, visit: (connection: Connection) => boolean): number {
		const { group, exceptClient, exceptConnection } = selection;
		// A client's connections are a short array, which is copied because `visit` may remove from it.
		// Sets tolerate removal during iteration.
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

	#enter(connection: Connection, client: Client, name: string, meta?: Meta): Membership {
		let group = this.#groups.get(name);
		if (group === undefined) {
			group = { connections: new Set(), clients: new Map(), alone: new Set([name]) };
			this.#groups.set(name, group);
		}
		group.connections.add(connection);
		let membership = group.clients.get(client.clientId);
		if (membership === undefined) {
			// The views of its open connections are of this one, if it has been here before.
			const former = client.connections.find(({ home }) => home?.group === name)?.home;
			const main = name === DEFAULT_GROUP ? client.main : undefined;
			membership = former ?? main ?? newMembership(name);
			membership.meta = meta ?? main?.meta;
			if (name === DEFAULT_GROUP) client.main = membership;
			group.clients.set(client.clientId, membership);
		}
		membership.connections++;
		return membership;
	}

	#exit(connection: Connection, client: Client, name: string): void {
		const group = this.#groups.get(name);
		if (group === undefined) return;
		group.connections.delete(connection);
		if (group.connections.size === 0) this.#groups.delete(name);
		const membership = group.clients.get(client.clientId);
		if (membership === undefined || --membership.connections > 0) return;
		group.clients.delete(client.clientId);
		// Leaving the default group drops its `meta`. A client that has left altogether keeps it for its last callbacks.
		if (name === DEFAULT_GROUP && client.connections.length > 0) client.main = undefined;
	}
}
