/**
 * What tabs that share a stream say to each other. Messages come from code of the same origin, of whatever version.
 */
import type { RawEvent } from "../source.js";
import type { StreamState } from "../types.js";

/** Where a relay is: the `sequence`th since the leader of this `term` began to lead. */
export interface Place {
	readonly term: string;
	readonly sequence: number;
}

export type LiveState = Exclude<StreamState, "closed">;

/** An event, or a move of the last event ID without one (`type` undefined), as it came to the leader. */
export interface Relay {
	readonly type: string | undefined;
	readonly text: string;
	readonly id: string | undefined;
}

/** The leader, to one follower: where it is, and what that follower missed up to there. */
export interface Answer extends Place {
	readonly question: string;
	readonly id: string | undefined;
	readonly state: LiveState;
	/** `undefined`: the leader no longer has all of it. */
	readonly missed: readonly Relay[] | undefined;
}

export type TabMessage =
	/** The leader: it begins to lead, and goes on from this position. */
	| { readonly kind: "lead"; readonly term: string; readonly from: string | undefined }
	| ({ readonly kind: "relay" } & Place & Relay)
	| { readonly kind: "state"; readonly term: string; readonly state: LiveState }
	/** A follower: are you alive? Any answer will do. */
	| { readonly kind: "ping" }
	| { readonly kind: "pong" }
	/** A follower: what came after this place, or else after this position? With neither: where are you? */
	| {
			readonly kind: "ask";
			readonly question: string;
			readonly id: string | undefined;
			readonly place: Place | undefined;
	  }
	| ({ readonly kind: "answer" } & Answer)
	/** The leader: the stream is over for all. `message` of the error, if it was one. */
	| { readonly kind: "end"; readonly term: string; readonly error: EndError | undefined };

export interface EndError {
	readonly code: string;
	readonly message: string;
	readonly status: number | undefined;
}

/** The event that a relay is, or `undefined` where only the position moved. */
export function eventOf({ type, text, id }: Relay): RawEvent | undefined {
	return type === undefined ? undefined : { type, text, id };
}
