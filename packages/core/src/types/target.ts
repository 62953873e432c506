/**
 * Targets: who a message is for. Types only: nothing here runs.
 */
import type { SSEConnection } from "./connection.js";
import type { ResponseLike } from "./http.js";

/** A connection as one may tell it: its handle (of whatever event map), its response, or the framework's wrapper of that. */
export type ConnectionLike = Pick<SSEConnection, "clientId" | "response" | "signal"> | ResponseLike;

/** Who is left out of a send. */
export type Except = { readonly client: string } | { readonly connection: ConnectionLike };

/** Who a message is for. */
export type Target =
	/** Every connection of the service, whatever its groups. */
	| "all"
	| { readonly all: true; readonly except?: Except | undefined }
	/** Every connection in the group. */
	| { readonly group: string; readonly except?: Except | undefined }
	/** Every connection of the client, or those of them in the group. */
	| {
			readonly client: string;
			readonly group?: string | undefined;
			readonly except?: Except | undefined;
	  }
	/** One connection. */
	| { readonly connection: ConnectionLike };
