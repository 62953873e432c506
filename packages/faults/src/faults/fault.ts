/**
 * A fault: something that breaks, and is mended. Types only: nothing here runs.
 */
import type { Random } from "@sse-service/testing";
import type { Fleet } from "../fleet/fleet.js";
import type { Member } from "../fleet/member.js";
import type { Truth } from "../truth/truth.js";

/** Where a fault happens. */
export interface Scene {
	readonly fleet: Fleet;
	/** The process that it befalls, if it befalls one. */
	readonly member: Member;
	readonly random: Random;
	/** Learns what is lost before a client can see it. */
	readonly truth: Truth;
	/** Say in the timeline what is done. */
	tell(what: string): void;
	/** Read what the log has now, before something of it is lost. */
	readLog(): Promise<void>;
	/** Wait until processes say that they are not ready. It is a violation when one does not. */
	untilUnready(members: readonly Member[]): Promise<void>;
}

export interface Fault {
	readonly name: string;
	/** What it befalls: two at a time are of different kinds. */
	readonly kind: "process" | "network" | "engine";
	/** Nothing else may break meanwhile. */
	readonly isAlone?: boolean;
	/** Processes are cut off from the log, or behind it, for as long as it lasts and a while after. */
	readonly isOutage?: boolean;
	/** Resolves when the fault is over: then everything recovers in a while. */
	run(scene: Scene): Promise<void>;
}
