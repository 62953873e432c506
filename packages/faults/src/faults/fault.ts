/**
 * A fault: something that breaks and is repaired. Types only: nothing here runs.
 */
import type { Random } from "@sse-service/testing";
import type { Fleet } from "../fleet/fleet.js";
import type { Member } from "../fleet/member.js";
import type { Truth } from "../truth/truth.js";

/** Where a fault happens. */
export interface Scene {
	readonly fleet: Fleet;
	/** The process that it affects, if it affects one. */
	readonly member: Member;
	readonly random: Random;
	/** Learns what is lost before a client can see it. */
	readonly truth: Truth;
	/** Writes to the timeline. */
	tell(what: string): void;
	/** Reads what the log has now, before some of it is lost. */
	readLog(): Promise<void>;
	/** Waits until processes report that they are not ready. A process that does not is a violation. */
	untilUnready(members: readonly Member[]): Promise<void>;
}

export interface Fault {
	readonly name: string;
	/** What it affects: two faults at a time are of different kinds. */
	readonly kind: "process" | "network" | "engine";
	/** Nothing else may break at the same time. */
	readonly isAlone?: boolean;
	/** Processes are cut off from the log, or behind it, for as long as it lasts and a while after. */
	readonly isOutage?: boolean;
	/** Resolves when the fault is over: then everything recovers in a while. */
	run(scene: Scene): Promise<void>;
}
