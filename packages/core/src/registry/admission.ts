/**
 * Admission: whether one more connection is let in, by the limits of the service, before anything is written on it.
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
	/** Of those that have one. */
	readonly #keys = new Map<Connection, string>();

	constructor(registry: Registry, limits: AdmissionLimits) {
		this.#registry = registry;
		this.#limits = limits;
	}

	/**
	 * @returns the connection that has to end when this one opens, if one has to
	 * @throws with a `statusCode` when it is one too many
	 */
	check(clientId: string, limitKey: string | undefined): Connection | undefined {
		const limits = this.#limits;
		const { standalone } = this.#registry;
		if (this.#registry.connectionCount >= limits.maxConnections) {
			throw tooMany("ERR_SSE_MAX_CONNECTIONS", "connections", 503);
		}
		const ofKey = limitKey === undefined ? 0 : this.#byLimitKey.of(limitKey).size;
		if (ofKey >= limits.maxConnectionsPerKey) {
			throw tooMany("ERR_SSE_MAX_CONNECTIONS_PER_KEY", "connections with this limitKey");
		}
		const { connections = [] } = this.#registry.client(clientId) ?? {};
		const alone = standalone.of(clientId);
		if (connections.length + alone.size < limits.maxConnectionsPerClient) return undefined;
		const [oldest] = connections.length > 0 ? connections : alone;
		if (limits.clientLimitPolicy === "close-oldest") return oldest;
		throw tooMany("ERR_SSE_MAX_CONNECTIONS_PER_CLIENT", "connections of this client");
	}

	/** It has opened. */
	enter(connection: Connection, limitKey: string | undefined): void {
		if (limitKey === undefined) return;
		this.#keys.set(connection, limitKey);
		this.#byLimitKey.add(limitKey, connection);
	}

	/** It has ended. */
	leave(connection: Connection): void {
		const limitKey = this.#keys.get(connection);
		if (limitKey === undefined) return;
		this.#keys.delete(connection);
		this.#byLimitKey.delete(limitKey, connection);
	}
}
