/**
 * The roll: the open connections, and the part of them that a page asks for.
 */
import type { SSEConnection } from "sse-service";

/** A connection as the page shows it. Its names are untrusted. */
export interface Row {
	readonly key: number;
	readonly client: string;
	readonly groups: readonly string[];
	/** In ms since the epoch. */
	readonly openedAt: number;
	readonly buffered: number;
	readonly lastEventId: string | undefined;
}

interface Known {
	readonly key: number;
	readonly openedAt: number;
}

const ORDERS = ["opened", "client", "buffered"] as const;

/** What a page asks for. */
export interface Query {
	/** A part of a client id or of a group's name. */
	readonly q: string;
	readonly order: (typeof ORDERS)[number];
	readonly isDescending: boolean;
	readonly offset: number;
	readonly limit: number;
}

const MAX_LIMIT = 200;

/** Reads untrusted parameters; what is missing or wrong takes its default. */
export function readQuery(params: URLSearchParams): Query {
	const count = (name: string, most: number, byDefault: number): number => {
		const value = Number(params.get(name) ?? byDefault);
		return Number.isSafeInteger(value) && value >= 0 ? Math.min(value, most) : byDefault;
	};
	return {
		q: (params.get("q") ?? "").trim().toLowerCase().slice(0, 256),
		order: ORDERS.find((order) => order === params.get("order")) ?? "opened",
		isDescending: params.get("desc") === "1",
		offset: count("offset", Number.MAX_SAFE_INTEGER, 0),
		limit: count("limit", MAX_LIMIT, 100),
	};
}

export class Roll {
	/** In the order of opening. */
	readonly #open = new Map<SSEConnection, Known>();
	#next = 1;

	opened(connection: SSEConnection): void {
		this.#open.set(connection, { key: this.#next++, openedAt: Date.now() });
	}

	closed(connection: SSEConnection): void {
		this.#open.delete(connection);
	}

	/** The connection that a row with this key is of. */
	find(key: number): SSEConnection | undefined {
		for (const [connection, known] of this.#open) if (known.key === key) return connection;
		return undefined;
	}

	/** Bytes that wait, of all connections. */
	bufferedBytes(): number {
		let bytes = 0;
		for (const connection of this.#open.keys()) bytes += connection.bufferedBytes;
		return bytes;
	}

	list({ q, order, isDescending, offset, limit }: Query): { total: number; rows: Row[] } {
		let found = [...this.#open.keys()];
		if (q !== "") found = found.filter((connection) => matches(connection, q));
		if (order === "client") found.sort((one, other) => compare(one.clientId, other.clientId));
		if (order === "buffered") {
			const weighed = found.map((connection) => [connection.bufferedBytes, connection] as const);
			found = weighed.sort(([one], [other]) => one - other).map(([, connection]) => connection);
		}
		if (isDescending) found.reverse();
		return {
			total: found.length,
			rows: found.slice(offset, offset + limit).map((connection) => this.#row(connection)),
		};
	}

	#row(connection: SSEConnection): Row {
		const { key = 0, openedAt = 0 } = this.#open.get(connection) ?? {};
		const { clientId: client, groups, bufferedBytes: buffered, lastEventId } = connection;
		return { key, client, groups: groups.slice(0, 20), openedAt, buffered, lastEventId };
	}
}

/** Puts rows of several rolls in the order that a page asks for. */
export function inOrder(
	rows: { readonly client: string; readonly openedAt: number; readonly buffered: number }[],
	{ order, isDescending }: Pick<Query, "order" | "isDescending">,
): void {
	rows.sort((one, other) =>
		order === "client"
			? compare(one.client, other.client)
			: order === "buffered"
				? one.buffered - other.buffered
				: one.openedAt - other.openedAt,
	);
	if (isDescending) rows.reverse();
}

function matches({ clientId, groups }: SSEConnection, q: string): boolean {
	return (
		clientId.toLowerCase().includes(q) || groups.some((group) => group.toLowerCase().includes(q))
	);
}

function compare(one: string, other: string): number {
	return one < other ? -1 : Number(one > other);
}
