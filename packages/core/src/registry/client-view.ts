/**
 * A client as the application sees it: an object with three properties, which reflect the current state, until the client has
 * left the group of the view.
 */

import type { ClientPresence, Membership, Meta, SSEClientObjInterface } from "../types/client.js";
import { type Client, mainOf } from "./client.js";
import type { Registry } from "./registry.js";

export class ClientView implements SSEClientObjInterface {
	readonly clientId: string;
	readonly #client: Client;
	readonly #membership: Membership | undefined;

	/** @param membership in the group of this view; `undefined`: the client as a whole */
	constructor(client: Client, membership: Membership | undefined) {
		this.clientId = client.clientId;
		this.#client = client;
		this.#membership = membership;
		Object.defineProperty(this, "meta", OWN_META);
		Object.defineProperty(this, "connections", OWN_CONNECTIONS);
	}

	get meta(): Meta {
		const holder = this.#membership ?? mainOf(this.#client);
		holder.meta ??= {};
		return holder.meta;
	}

	get connections(): SSEClientObjInterface["connections"] {
		const membership = this.#membership;
		// After its last connection has left, the client is no longer in the group. A later one is a new membership, except in the
		// first group of a connection that is still open.
		if (membership?.connections === 0) return [];
		return this.#client.connections
			.filter(({ memberships }) => !membership || memberships.has(membership.group))
			.map(({ response }) => response);
	}

	toJSON(): ClientPresence {
		return { ...this, connections: this.connections.length };
	}
}

/** Returns the client in a group, or as a whole; `undefined` if it has no connection there. */
export function viewOf(
	registry: Registry,
	clientId: string,
	group: string | undefined,
): ClientView | undefined {
	const client = registry.client(clientId);
	const membership = group === undefined ? group : registry.membership(clientId, group);
	const isHere = client !== undefined && (group === undefined || membership !== undefined);
	return isHere ? new ClientView(client, membership) : undefined;
}

/** Returns every client in a group, or in the registry. */
export function viewsIn(registry: Registry, group: string | undefined): ClientView[] {
	return group === undefined
		? registry.clients().map((client) => new ClientView(client, undefined))
		: registry.clientsIn(group).map((found) => new ClientView(...found));
}

// Each view has the getters as own properties, so that a copy includes them. With shared functions all views share one
// hidden class; with getters written as literals each view would have its own.
const { meta, connections } = Object.getOwnPropertyDescriptors(ClientView.prototype);
const OWN_META = { ...meta, enumerable: true };
const OWN_CONNECTIONS = { ...connections, enumerable: true };
