/**
 * What a reader has received, in order, and what is for it.
 */
import type { Position } from "./position.js";

/** To whom an event is sent, as the service is told. */
export type Target =
	| "all"
	| { readonly group: string }
	| { readonly client: string; readonly group?: string };

/** One who reads a stream, and opens the next with the last id of the one before. */
export interface Reader {
	readonly name: string;
	readonly clientId: string;
	readonly groups: readonly string[];
}

/** Of this group the newest event of each key is kept, and no other. */
export const STATE_GROUP = "state";

interface Timed {
	/** Milliseconds since the run began. */
	readonly at: number;
}

export type Received = Timed &
	(
		| { readonly kind: "opened"; readonly process: number; readonly lastId: Position | undefined }
		| { readonly kind: "event"; readonly number: number; readonly position: Position }
		/** Only says where the reader is. */
		| { readonly kind: "id"; readonly position: Position; readonly isPartial?: boolean }
		| {
				readonly kind: "gap";
				readonly reason: string;
				readonly position: Position;
				readonly isPartial?: boolean;
		  }
		/** The newest event of a key, for one who has come to its group. */
		| { readonly kind: "state"; readonly number: number }
		| { readonly kind: "closed" }
	);

export function isFor(target: Target, { clientId, groups }: Reader): boolean {
	if (target === "all") return true;
	if ("client" in target && target.client !== clientId) return false;
	return target.group === undefined || groups.includes(target.group);
}
