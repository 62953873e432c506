/**
 * Admission: checks a new connection against the limits of the service, before anything is written to it.
 */

import type { SSEErrorCode } from "../checks/errors.js";
import { tooMany } from "../checks/names.js";
import type { Connection } from "../connection/connection.js";
import { ByKey } from "./by-key.js";
import type { Registry } from "./registry.js";

interface Limits {
	readonly maxConnections: number;
	readonly maxConnectionsPerClient: number;
	readonly maxConnectionsPerKey: number;
}

interface AdmissionLimits extends Limits {
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
			refuse(limits, "ERR_SSE_MAX_CONNECTIONS", "connections", "maxConnections");
		}
		const ofKey = limitKey === undefined ? 0 : this.#byLimitKey.of(limitKey).size;
		if (ofKey >= limits.maxConnectionsPerKey) {
			const what = "connections with this limitKey";
			refuse(limits, "ERR_SSE_MAX_CONNECTIONS_PER_KEY", what, "maxConnectionsPerKey");
		}
		const connections = this.#registry.client(clientId)?.connections ?? [];
		const alone = standalone.byClient.of(clientId);
		if (connections.length + alone.size < limits.maxConnectionsPerClient) return undefined;
		const [first] = connections;
		const [lone = first] = alone;
		if (limits.clientLimitPolicy === "close-oldest") {
			return first && lone && first.order < lone.order ? first : lone;
		}
		const what = "connections of this client";
		return refuse(limits, "ERR_SSE_MAX_CONNECTIONS_PER_CLIENT", what, "maxConnectionsPerClient");
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

function refuse(limits: Limits, code: SSEErrorCode, what: string, limit: keyof Limits): never {
	throw tooMany(code, what, limit, limits[limit]);
}
