/**
 * What a reader received, in order.
 */
import type { Position } from "../truth/position.js";

interface Timed {
	/** Milliseconds since the run started. */
	readonly at: number;
}

export type Received = Timed &
	(
		| { readonly kind: "opened"; readonly process: number; readonly lastId: Position | undefined }
		| {
				readonly kind: "event";
				readonly number: number;
				readonly position: Position;
				/** The application's own id in its id. */
				readonly ownId?: string | undefined;
		  }
		/** Sent to this connection only, with the application's id. */
		| { readonly kind: "direct"; readonly position: Position }
		/** Only carries the reader's position. `isPartial`: the newest events of its groups are still to come */
		| { readonly kind: "id"; readonly position: Position; readonly isPartial?: boolean }
		| {
				readonly kind: "gap";
				readonly reason: string;
				readonly position: Position;
				readonly isPartial?: boolean;
		  }
		/** Replaces what it missed after a position, up to the next one. `from`: the position that `recover` received */
		| { readonly kind: "recovered"; readonly reason: string; readonly from: Position | undefined }
		/** The newest event of a key, for a reader that has joined its group. */
		| { readonly kind: "state"; readonly number: number }
		| { readonly kind: "closed" }
		/** Not received: from now on, a process may change its groups. */
		| { readonly kind: "told"; readonly id: number; readonly what: string }
	);

export type Opened = Received & { readonly kind: "opened" };
export type Gap = Received & { readonly kind: "gap" };
export type Recovered = Received & { readonly kind: "recovered" };

/** The name under which a report counts a gap: its reason, or `recovered`. @returns `undefined` for anything else */
export function gapOf(each: Received): string | undefined {
	if (each.kind === "recovered") return "recovered";
	return each.kind === "gap" ? each.reason : undefined;
}
