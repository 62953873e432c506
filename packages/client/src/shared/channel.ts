/**
 * The messages between tabs that share a stream. They come from code of the same origin, possibly of another version.
 */
import type { RawEvent } from "../source.js";
import { StreamError, type StreamErrorCode } from "../stream-error.js";
import type { StreamState } from "../types.js";

/** The place of a relay: its number since the leader of this `term` began to lead. */
export interface Place {
	readonly term: string;
	readonly sequence: number;
}

export type LiveState = Exclude<StreamState, "closed">;

/** An event, or a change of the last event ID without one (`type` undefined), as received by the leader. */
export interface Relay {
	readonly type: string | undefined;
	readonly text: string;
	readonly id: string | undefined;
}

/** From the leader to one follower: the leader's place, and what the follower missed up to there. */
export interface Answer extends Place {
	readonly question: string;
	readonly id: string | undefined;
	readonly state: LiveState;
	/** `undefined`: the leader no longer has all of it. */
	readonly missed: readonly Relay[] | undefined;
}

export type TabMessage =
	/** From the leader: it begins to lead, and continues from this position. */
	| { readonly kind: "lead"; readonly term: string; readonly from: string | undefined }
	| ({ readonly kind: "relay" } & Place & Relay)
	| { readonly kind: "state"; readonly term: string; readonly state: LiveState }
	/** From a follower: are you alive? Any answer will do. */
	| { readonly kind: "ping" }
	| { readonly kind: "pong" }
	/** From a follower: what came after this place, or else after this position? With neither: what is your place? */
	| {
			readonly kind: "ask";
			readonly question: string;
			readonly id: string | undefined;
			readonly place: Place | undefined;
	  }
	| ({ readonly kind: "answer" } & Answer)
	/** From the leader: the stream has ended for all tabs, with an error if it failed. */
	| { readonly kind: "end"; readonly term: string; readonly error: EndError | undefined };

export interface EndError {
	readonly code: string;
	readonly message: string;
	readonly status: number | undefined;
}

/** The event of a relay, or `undefined` if only the position changed. */
export function eventOf({ type, text, id }: Relay): RawEvent | undefined {
	return type === undefined ? undefined : { type, text, id };
}

export function toEndError({ code, message, status }: StreamError): EndError {
	return { code, message, status };
}

export function toStreamError({ code, message, status }: EndError): StreamError {
	return new StreamError(code as StreamErrorCode, message, { status, final: true });
}
