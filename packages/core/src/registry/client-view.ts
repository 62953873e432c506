/**
 * A client as the application sees it: an object with three properties, which always say how things are.
 */

import type { Meta, SSEClientObjInterface } from "../types/client.js";
import type { Client } from "./registry.js";

export class ClientView implements SSEClientObjInterface {
	readonly clientId: string;
	readonly #client: Client;
	readonly #group: string | undefined;

	/** @param group whose connections alone are shown; `undefined`: all */
	constructor(client: Client, group?: string) {
		this.clientId = client.clientId;
		this.#client = client;
		this.#group = group;
		Object.defineProperty(this, "meta", OWN_META);
		Object.defineProperty(this, "connections", OWN_CONNECTIONS);
	}

	get meta(): Meta {
		this.#client.meta ??= {};
		return this.#client.meta;
	}

	get connections(): SSEClientObjInterface["connections"] {
		const group = this.#group;
		return this.#client.connections
			.filter(({ memberships }) => group === undefined || memberships.has(group))
			.map(({ response }) => response);
	}
}

// Each object has them as its own, so that a copy has them too. As long as the functions are the same, so is the
// shape: an object with getters written out would be of a shape of its own.
const { meta, connections } = Object.getOwnPropertyDescriptors(ClientView.prototype);
const OWN_META = { ...meta, enumerable: true };
const OWN_CONNECTIONS = { ...connections, enumerable: true };
