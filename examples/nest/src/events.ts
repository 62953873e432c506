/**
 * What goes over the streams: event types, and the data each carries.
 */
import type { Build } from "./build.js";
import type { User } from "./users.js";

/** The name of the service whose streams carry a log each. */
export const LOGS = "logs";

/** The group that gets the events of all developers. */
export const OPS = "ops";

/** What everyone is sent. */
export interface Notice {
	readonly text: string;
	readonly at: number;
}

export interface Events {
	/** The first event of each stream: all there is to show. */
	readonly welcome: {
		readonly user: User;
		readonly builds: readonly Build[];
		readonly notice: Notice | null;
	};
	readonly build: Build;
	readonly notice: Notice;
}

/** Of a log: its lines, and its end. */
export interface LogEvents {
	readonly line: { readonly step: string; readonly text: string };
	readonly end: { readonly passed: boolean };
}
