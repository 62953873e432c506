/**
 * Standalone connections, which only their handle reaches. Each has a client of its own, which no target or list includes.
 */
import type { Connection } from "../connection/connection.js";
import type { Meta } from "../types/client.js";
import { ByKey } from "./by-key.js";
import { type Client, mainOf, newClient } from "./client.js";

export class StandaloneConnections {
	readonly #clients = new Map<Connection, Client>();
	/** By client id. */
	readonly byClient = new ByKey();

	get size(): number {
		return this.#clients.size;
	}

	/** Oldest first. */
	all(): Iterable<Connection> {
		return this.#clients.keys();
	}

	add(connection: Connection, meta: Meta | undefined): Client {
		const client = newClient(connection.clientId, connection);
		mainOf(client).meta = meta;
		this.#clients.set(connection, client);
		this.byClient.add(connection.clientId, connection);
		return client;
	}

	/** @returns its client, or `undefined` if it is not standalone */
	remove(connection: Connection): Client | undefined {
		const client = this.#clients.get(connection);
		if (client === undefined) return undefined;
		this.#clients.delete(connection);
		this.byClient.delete(connection.clientId, connection);
		client.connections.length = 0;
		return client;
	}
}
