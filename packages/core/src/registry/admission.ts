/**
 * Admission: checks a new connection against the limits of the service, before anything is written to it.
 */

import { tooMany } from "../checks/names.js";
import type { Connection } from "../connection/connection.js";
import { ByKey } from "./by-key.js";
import type { Registry } from "./registry.js";

interface AdmissionLimits {
	readonly maxConnections: number;
	readonly maxConnectionsPerClient: number;
	readonly maxConnectionsPerKey: number;
	readonly clientLimitPolicy: "refuse" | "close-oldest";
}

export class Admission {
	readonly #registry: Registry;
	readonly #limits: AdmissionLimits;
	readonly #byLimitKey = new ByKey();
	/** The limit keys of connections that have one. */
	readonly #keys = new Map<Connection, string>();

	constructor(registry: Registry, limits: AdmissionLimits) {
		this.#registry = registry;
		this.#limits = limits;
	}

	/**
	 * @returns the connection that must end when this one opens, if any
	 * @throws with a `statusCode` if a limit is reached
	 */
	check(clientId: string, limitKey: string | undefined): Connection | undefined {
		const limits = this.#limits;
		const { standalone } = this.#registry;
		if (this.#registry.connectionCount >= limits.maxConnections) {
			const { maxConnections } = limits;
			throw tooMany("ERR_SSE_MAX_CONNECTIONS", "connections", "maxConnections", maxConnections);
		}
		const ofKey = limitKey === undefined ? 0 : this.#byLimitKey.of(limitKey).size;
		if (ofKey >= limits.maxConnectionsPerKey) {
			const { maxConnectionsPerKey: most } = limits;
			const what = "connections with this limitKey";
			throw tooMany("ERR_SSE_MAX_CONNECTIONS_PER_KEY", what, "maxConnectionsPerKey", most);
		}
		const { connections = [] } = this.#registry.client(clientId) ?? {};
		const alone = standalone.of(clientId);
		if (connections.length + alone.size < limits.maxConnectionsPerClient) return undefined;
		const [oldest] = connections.length > 0 ? connections : alone;
		if (limits.clientLimitPolicy === "close-oldest") return oldest;
		const { maxConnectionsPerClient: most } = limits;
		const what = "connections of this client";
		throw tooMany("ERR_SSE_MAX_CONNECTIONS_PER_CLIENT", what, "maxConnectionsPerClient", most);
	}

	/** Call when the connection has opened. */
	enter(connection: Connection, limitKey: string | undefined): void {
		if (limitKey === undefined) return;
		this.#keys.set(connection, limitKey);
		this.#byLimitKey.add(limitKey, connection);
	}

	/** Call when the connection has ended. */
	leave(connection: Connection): void {
		const limitKey = this.#keys.get(connection);
		if (limitKey === undefined) return;
		this.#keys.delete(connection);
		this.#byLimitKey.delete(limitKey, connection);
	}
}
