/**
 * A store: the engine that keeps the log, as something that breaks. Types only: nothing here runs.
 */
import type { Fault } from "../faults/fault.js";
import type { Found } from "../truth/branch.js";
import type { Bookmark } from "../truth/ledger.js";

export interface Store {
	/** Where it listens. */
	readonly port: number;
	/** What can befall it. */
	readonly faults: readonly Fault[];
	/**
	 * What the log has after a place, or all that it has when it is another log.
	 *
	 * @returns `undefined` when there is no log
	 */
	read(after: Bookmark | undefined): Promise<Found | undefined>;
	stop(): Promise<void>;
}
