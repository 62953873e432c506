/**
 * The messages between tabs that share a stream. They come from code of the same origin, possibly of another version, or from
 * something else that uses the same channel: whatever is not one of them is ignored.
 */
import type { RawEvent, SourceHost } from "../source.js";
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
	/** From the leader: an attempt has failed, and another one follows. */
	| { readonly kind: "error"; readonly term: string; readonly error: SharedError }
	/** From the leader: the stream has ended for all tabs, with an error if it failed. */
	| { readonly kind: "end"; readonly term: string; readonly error: SharedError | undefined };

/** What a leader or a follower reports to: the application of its tab, and the other tabs. */
export interface Tab extends SourceHost {
	say(message: TabMessage): void;
}

/** What tabs tell each other of an error. */
export interface SharedError {
	readonly code: string;
	readonly message: string;
	readonly status: number | undefined;
}

/** Of the channel and of the lock. The number changes with the messages, so that tabs share with those that understand them. */
export function channelName(name: string): string {
	return `sse-service:1:${name}`;
}

type Fields = Readonly<Record<string, unknown>>;

const LIVE_STATES: readonly unknown[] = [
	"connecting",
	"open",
	"waiting",
	"buffered",
] satisfies LiveState[];

const isText = (value: unknown): boolean => typeof value === "string";
const isTextOrNone = (value: unknown): boolean => value === undefined || isText(value);
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isPlace = ({ term, sequence }: Fields): boolean =>
	isText(term) && Number.isSafeInteger(sequence);
const isRelay = ({ type, text, id }: Fields): boolean =>
	isTextOrNone(type) && isText(text) && isTextOrNone(id);
const isError = (value: unknown): boolean =>
	isFields(value) && isText(value.code) && isText(value.message);

const FORMS: Readonly<Record<TabMessage["kind"], (message: Fields) => boolean>> = {
	lead: ({ term, from }) => isText(term) && isTextOrNone(from),
	relay: (message) => isPlace(message) && isRelay(message),
	state: ({ term, state }) => isText(term) && LIVE_STATES.includes(state),
	ping: () => true,
	pong: () => true,
	ask: ({ question, id, place }) =>
		isText(question) &&
		isTextOrNone(id) &&
		(place === undefined || (isFields(place) && isPlace(place))),
	answer: (message) =>
		isPlace(message) &&
		isText(message.question) &&
		isTextOrNone(message.id) &&
		LIVE_STATES.includes(message.state) &&
		(message.missed === undefined ||
			(Array.isArray(message.missed) &&
				message.missed.every((relay: unknown) => isFields(relay) && isRelay(relay)))),
	error: ({ term, error }) => isText(term) && isError(error),
	end: ({ term, error }) => isText(term) && (error === undefined || isError(error)),
};

function isTabMessage(data: unknown): data is TabMessage {
	if (!isFields(data) || !Object.hasOwn(FORMS, String(data.kind))) return false;
	return FORMS[data.kind as TabMessage["kind"]](data);
}

/** Opens the channel of a name. `onMessage` receives nothing else than messages of tabs. */
export function openChannel(
	name: string,
	onMessage: (message: TabMessage) => void,
): BroadcastChannel {
	const channel = new BroadcastChannel(name);
	channel.onmessage = ({ data }: MessageEvent<unknown>) => {
		if (isTabMessage(data)) onMessage(data);
	};
	return channel;
}

/** The event of a relay, or `undefined` if only the position changed. */
export function eventOf({ type, text, id }: Relay): RawEvent | undefined {
	return type === undefined ? undefined : { type, text, id };
}

export function toSharedError({ code, message, status }: StreamError): SharedError {
	return { code, message, status };
}

export function toStreamError(
	{ code, message, status }: SharedError,
	{ kind }: Pick<TabMessage, "kind">,
): StreamError {
	return new StreamError(code as StreamErrorCode, message, { status, final: kind === "end" });
}
