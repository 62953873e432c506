/**
 * A presence list: the clients of one process, as it posts them to the processes that share its log. Lists are read as
 * untrusted input, because others can write to an engine too.
 */

import { isObject } from "../checks/errors.js";
import type { ClientPresence, Meta } from "../types/client.js";
import { type Client, mainOf } from "./client.js";
import type { Registry } from "./registry.js";

/** A group whose clients are requested; `undefined`: all clients of the service. */
export type Asked = string | undefined;

type InGroup = readonly [group: string, connections: number, meta: Meta | null];

/** A client: its connections and `meta` as a whole, and in each group. */
export type Entry = readonly [
	clientId: string,
	connections: number,
	meta: Meta | null,
	groups: readonly InGroup[],
];

export interface PresenceList {
	/** The requests that the list answers. */
	readonly asked: readonly Asked[];
	/** Whether the process has ended, so that no further list follows. */
	readonly isLast: boolean;
	readonly entries: readonly Entry[];
}

/** Creates the full entry of a client. */
export function entryOf(client: Client, registry: Registry): Entry {
	const groups = new Set(client.connections.flatMap(({ memberships }) => [...memberships]));
	const inGroups = [...groups].flatMap((name): InGroup[] => {
		const membership = registry.membership(client.clientId, name);
		return membership ? [[name, membership.connections, membership.meta ?? null]] : [];
	});
	return [client.clientId, client.connections.length, mainOf(client).meta ?? null, inGroups];
}

/** Returns the requested part of an entry; `undefined` if nothing of it is requested. */
export function partOf(entry: Entry, asked: ReadonlySet<Asked>): Entry | undefined {
	if (asked.has(undefined)) return entry;
	const groups = entry[3].filter(([name]) => asked.has(name));
	return groups.length === 0 ? undefined : [entry[0], 0, null, groups];
}

/** @param onFailure receives why JSON cannot represent the `meta` of an entry; that entry is listed without it */
export function encodeList(
	{ asked, isLast, entries }: PresenceList,
	onFailure: (error: unknown) => void,
): string {
	const names = asked.map((group) => group ?? null);
	const texts = entries.map((entry) => {
		try {
			return JSON.stringify(entry);
		} catch (error) {
			onFailure(error);
			const [clientId, connections, , groups] = entry;
			return JSON.stringify([
				clientId,
				connections,
				null,
				groups.map(([...own]) => [own[0], own[1], null]),
			]);
		}
	});
	return `{"a":${JSON.stringify(names)},"l":${isLast},"e":[${texts}]}`;
}

/** Reads the post of another process, which may run a later version. */
export function readList(text: string): PresenceList {
	try {
		const { a: asked, l: isLast, e: entries } = JSON.parse(text);
		return {
			asked: (asked as unknown[]).map((group) => (typeof group === "string" ? group : undefined)),
			isLast: isLast === true,
			entries: (entries as unknown[]).filter(isEntry),
		};
	} catch {
		return { asked: [], isLast: true, entries: [] };
	}
}

/** Adds a client to the totals. */
export function addTo(
	merged: Map<string, ClientPresence>,
	[clientId, all, meta, groups]: Entry,
	asked: Asked,
): void {
	const within = groups.find(([name]) => name === asked);
	if (asked !== undefined && within === undefined) return;
	const [, connections, own] = within ?? [asked, all, meta];
	const known = merged.get(clientId);
	merged.set(clientId, {
		clientId,
		meta: own ?? known?.meta ?? {},
		connections: connections + (known?.connections ?? 0),
	});
}

function isEntry(value: unknown): value is Entry {
	if (!Array.isArray(value)) return false;
	const [clientId, connections, meta, groups] = value as unknown[];
	return (
		isCounted([clientId, connections, meta]) && Array.isArray(groups) && groups.every(isCounted)
	);
}

function isCounted(value: unknown): boolean {
	if (!Array.isArray(value)) return false;
	const [name, connections, meta] = value as unknown[];
	return (
		typeof name === "string" && typeof connections === "number" && (meta === null || isObject(meta))
	);
}
