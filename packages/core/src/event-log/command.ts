/**
 * A command: what one process asks all others that share its log to do with their connections.
 */

import type { Meta } from "../types/client.js";
import type { Audience } from "../types/target.js";

/** A command that concerns connections. */
export type Obeyed = Exclude<Command, { readonly do: "signal" }>;

/** A command whose effect lasts. A `disconnect` is not repeated: a client that has reconnected since is not meant. */
export type Lasting = Extract<Command, { readonly do: "join" | "leave" | "setMetadata" }>;

/** A command. `target` selects the connections. */
export type Command =
	| {
			readonly do: "join" | "leave";
			readonly target: Audience;
			readonly groups: readonly string[];
	  }
	/** A text of a tool that runs beside the service in several processes, on a topic of its own. No connection is concerned. */
	| {
			readonly do: "signal";
			readonly target: Audience;
			readonly topic: string;
			readonly text: string;
	  }
	/** Another process requests the clients of the target's group, or all clients. */
	| { readonly do: "present"; readonly target: Audience }
	| { readonly do: "disconnect"; readonly target: Audience; readonly reason: string }
	| { readonly do: "setMetadata"; readonly target: Audience; readonly meta: Meta };
