/**
 * Clients and groups, as applications see them. Types only: nothing here runs.
 */
import type { HttpResponse } from "./http.js";

/** Application data kept with a client. */
// biome-ignore lint/suspicious/noExplicitAny: the documented type; `unknown` would break `client.meta.name`.
export type Meta = Record<string, any>;

/**
 * A live view of a client, which follows connects and disconnects. One in a group ends when the client has left that group: it
 * then has no connections, and the last `meta`. Look the client up again if it comes back.
 */
export interface SSEClientObjInterface {
	readonly clientId: string;
	/**
	 * The `meta` of the client's first connection in this group, or what `setClientMetadata` set there. Default `{}`. A client
	 * that was looked up without a group has the `meta` of the default group.
	 */
	readonly meta: Meta;
	/** The responses of the client's open connections in this group (in all groups, if it was looked up without one), in the order of connecting. */
	readonly connections: HttpResponse[];
}

/** A client in one group. The registry changes it. */
export interface Membership {
	readonly group: string;
	/** How many of the client's connections are in the group. */
	connections: number;
	/** `undefined`: becomes `{}` when it is first read. */
	meta: Meta | undefined;
}

/** A client that is connected to any process that shares the event log. */
export interface ClientPresence {
	readonly clientId: string;
	readonly meta: Meta;
	/** Its connections in all processes. 0: it was asked to reconnect and has not done so yet. */
	readonly connections: number;
}

/** A group and its size now. */
export interface GroupSize {
	readonly name: string;
	readonly connections: number;
	readonly clients: number;
}
