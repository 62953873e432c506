/**
 * Targets: who receives an event. Types only: nothing here runs.
 */
import type { SSEConnection } from "./connection.js";
import type { ResponseLike } from "./http.js";

/** A connection: its handle (with any event map), its response, or the framework's wrapper of the response. */
export type ConnectionLike = Pick<SSEConnection, "clientId" | "response" | "signal"> | ResponseLike;

/** Who does not receive an event. */
export type Except = { readonly client: string } | { readonly connection: ConnectionLike };

/**
 * Who receives an event or a command, by name, so that every process understands it. Without any name: everyone. A
 * {@link Target} is read into one.
 */
export interface Audience {
	readonly client?: string | undefined;
	readonly group?: string | undefined;
	readonly exceptClient?: string | undefined;
}

/** Who receives an event. Anything else, including extra keys, throws `ERR_SSE_INVALID_TARGET`. */
export type Target =
	/** Every connection of the service, in whichever group. */
	| "all"
	| { readonly all: true; readonly except?: Except | undefined }
	/** Every connection in the group. */
	| { readonly group: string; readonly except?: Except | undefined }
	/** Every connection of the client, or only those in the group. */
	| {
			readonly client: string;
			readonly group?: string | undefined;
			readonly except?: Except | undefined;
	  }
	/** One connection. */
	| { readonly connection: ConnectionLike };
