/**
 * Clients and groups, as applications see them. Types only: nothing here runs.
 */
import type { HttpResponse } from "./http.js";

/** Application data kept with a client. */
// biome-ignore lint/suspicious/noExplicitAny: the documented type; `unknown` would break `client.meta.name`.
export type Meta = Record<string, any>;

/** A client as the documented functions give it: a live view, which follows connects and disconnects. */
export interface SSEClientObjInterface {
	readonly clientId: string;
	/** What `meta` was when the client appeared, or what `setClientMetadata` made it. `{}` if it was not told. */
	readonly meta: Meta;
	/** The responses of this client's open connections, in the order of connecting. */
	readonly connections: HttpResponse[];
}

/** A client that is connected to any of the processes that share an event log. */
export interface ClientPresence {
	readonly clientId: string;
	readonly meta: Meta;
	/** How many of its connections there are in all processes. 0: it was told to reconnect, and has not yet. */
	readonly connections: number;
}

/** A group and its size now. */
export interface GroupSize {
	readonly name: string;
	readonly connections: number;
	readonly clients: number;
}
