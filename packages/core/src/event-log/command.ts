/**
 * A command: what one process tells all that share its log to do with their connections.
 */

import type { Meta } from "../types/client.js";
import type { LogTarget } from "./record.js";

/** `target`: whose connections. */
export type Command =
	| {
			readonly do: "join" | "leave";
			readonly target: LogTarget;
			readonly groups: readonly string[];
	  }
	| { readonly do: "disconnect"; readonly target: LogTarget; readonly reason: string }
	| { readonly do: "setMetadata"; readonly target: LogTarget; readonly meta: Meta };
