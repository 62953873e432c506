/**
 * What a reader received, in order.
 */
import type { Position } from "../truth/position.js";

interface Timed {
	/** Milliseconds since the run began. */
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
		/** Sent to this connection alone, with an id of the application's. */
		| { readonly kind: "direct"; readonly position: Position }
		/** Only says where the reader is. `isPartial`: the newest events of its groups are still to come */
		| { readonly kind: "id"; readonly position: Position; readonly isPartial?: boolean }
		| {
				readonly kind: "gap";
				readonly reason: string;
				readonly position: Position;
				readonly isPartial?: boolean;
		  }
		/** Stands for what it missed behind a position, up to the one that comes next. `from`: as `recover` was given it */
		| { readonly kind: "recovered"; readonly reason: string; readonly from: Position | undefined }
		/** The newest event of a key, for one that has come to its group. */
		| { readonly kind: "state"; readonly number: number }
		| { readonly kind: "closed" }
		/** Not received: from now on a process may change its groups. */
		| { readonly kind: "told"; readonly id: number; readonly what: string }
	);

export type Gap = Received & { readonly kind: "gap" };
export type Recovered = Received & { readonly kind: "recovered" };
