/**
 * Connections by a key, oldest first. A key exists while it has a connection.
 */
import type { Connection } from "../connection/connection.js";

const NONE: ReadonlySet<Connection> = new Set();

export class ByKey {
	readonly #sets = new Map<string, Set<Connection>>();

	of(key: string): ReadonlySet<Connection> {
		return this.#sets.get(key) ?? NONE;
	}

	add(key: string, connection: Connection): void {
		const set = this.#sets.get(key) ?? new Set();
		this.#sets.set(key, set.add(connection));
	}

	delete(key: string, connection: Connection): void {
		const set = this.#sets.get(key);
		if (set?.delete(connection) && set.size === 0) this.#sets.delete(key);
	}
}
