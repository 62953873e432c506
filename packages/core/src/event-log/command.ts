/**
 * A command: what one process asks all others that share its log to do with their connections.
 */

import type { Meta } from "../types/client.js";
import type { LogTarget } from "./record.js";

/** A command. `target` selects the connections. */
export type Command =
	| {
			readonly do: "join" | "leave";
			readonly target: LogTarget;
			readonly groups: readonly string[];
	  }
	/** Another process requests the clients of the target's group, or all clients. */
	| { readonly do: "present"; readonly target: LogTarget }
	| { readonly do: "disconnect"; readonly target: LogTarget; readonly reason: string }
	| { readonly do: "setMetadata"; readonly target: LogTarget; readonly meta: Meta };
