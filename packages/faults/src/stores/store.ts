/**
 * A store: the engine that keeps the log, and its faults. Types only: nothing here runs.
 */
import type { Fault } from "../faults/fault.js";
import type { Found } from "../truth/branch.js";
import type { Bookmark } from "../truth/ledger.js";

export interface Store {
	/** Where it listens. */
	readonly port: number;
	/** The faults it can have. */
	readonly faults: readonly Fault[];
	/**
	 * Returns what the log has after a position, or everything if it is another log.
	 *
	 * @returns `undefined` when there is no log
	 */
	read(after: Bookmark | undefined): Promise<Found | undefined>;
	stop(): Promise<void>;
}
