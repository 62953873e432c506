/**
 * A client as the application sees it: an object with three properties, which always say how things are.
 */

import type { Membership, Meta, SSEClientObjInterface } from "../types/client.js";
import { type Client, mainOf } from "./client.js";
import type { Registry } from "./registry.js";

export class ClientView implements SSEClientObjInterface {
	readonly clientId: string;
	readonly #client: Client;
	readonly #membership: Membership | undefined;

	/** @param membership that of the group which is shown; `undefined`: the client as a whole */
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
		// When the last one has left, the client has gone from the group. One that comes later is a new one.
		if (membership?.connections === 0) return [];
		return this.#client.connections
			.filter(({ memberships }) => !membership || memberships.has(membership.group))
			.map(({ response }) => response);
	}
}

/** The client in a group, or as a whole; `undefined` when it has no connection there. */
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

/** Every client in a group, or in the registry. */
export function viewsIn(registry: Registry, group: string | undefined): ClientView[] {
	return group === undefined
		? registry.clients().map((client) => new ClientView(client, undefined))
		: registry.clientsIn(group).map((found) => new ClientView(...found));
}

// Each object has them as its own, so that a copy has them too. As long as the functions are the same, so is the
// shape: an object with getters written out would be of a shape of its own.
const { meta, connections } = Object.getOwnPropertyDescriptors(ClientView.prototype);
const OWN_META = { ...meta, enumerable: true };
const OWN_CONNECTIONS = { ...connections, enumerable: true };
