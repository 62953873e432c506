/**
 * A replay: the messages of a stream after a position, and then, while another process or transport writes them, those to come.
 */
import { pause, SSEError } from "sse-service/engine";
import { endReasonOf, type RunEntry, readRun } from "sse-service/runs";
import { type EventPosition, encodeEventId } from "./event-id.js";
import { answersOf, type JsonRpcMessage, type RequestId } from "./json-rpc.js";
import {
	type Acknowledged,
	ANSWERED,
	CLOSED,
	FIRST_NUMBER,
	hasLost,
	MOVED,
	type Segment,
	type Segments,
} from "./segments.js";

/** After these, calls get no answer: `lost` is the reason of a run whose producer died. */
const LOSING: ReadonlySet<string | undefined> = new Set(["lost", CLOSED, MOVED]);
/** So long a process that ended a segment, to write the stream itself, may take to begin the next. */
const MOVE_MS = 5_000;
// Between two looks for the next segment of a stream that is silent: each twice the one before.
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 30_000;
// JSON-RPC 2.0, 5.1.
const INTERNAL_ERROR = -32_603;
const ENDED = "The server process that handled the request has ended";
const EXPIRED = "events after it are no longer kept";
const TORN = "Messages of the request's stream could not be stored";

/** What the transport passes: writes a message to the client. */
export type Send = (eventId: string, message: object) => Promise<void>;

/** Where the messages to come will be found. */
export interface Tail {
	readonly segment: Segment;
	/** The sequence within the segment. */
	readonly next: number;
	/** The requests whose answers were sent. */
	readonly answered: Set<RequestId>;
}

/**
 * Sends what the stream has now.
 *
 * @param acknowledged what the store is known to have had, in this process
 * @throws (rejects) `ERR_SSE_RUN_UNKNOWN`
 */
export async function replay(
	segments: Segments,
	position: EventPosition,
	send: Send,
	acknowledged?: Acknowledged,
): Promise<Tail> {
	const kept = await segments.read();
	const newest = kept.at(-1);
	if (newest === undefined || newest.nonce !== position.nonce) {
		throw refused("it is of another session or stream, or nothing of its stream is kept");
	}
	if (hasLost(newest, acknowledged) || position.sequence > newest.base + newest.count) {
		throw refused("the store has no such event, or has lost events of its stream");
	}
	if (position.sequence < (kept[0] ?? newest).base) {
		throw refused(EXPIRED);
	}
	const answered = new Set<RequestId>();
	let next = 1;
	for (const segment of kept) {
		next = Math.max(1, position.sequence - segment.base + 1);
		for (;;) {
			const entries = await segments.page(segment.status, next);
			if (entries === undefined) throw refused(EXPIRED);
			if (entries.length === 0) break;
			await sendEntries(position.streamId, { segment, next, answered }, entries, send);
			next += entries.length;
			if (entries.at(-1)?.end !== undefined) {
				// `follow` reads the end, and looks for what comes after it.
				next--;
				break;
			}
		}
		// The newest one, if it is running, is read on.
		const isWhole = segment !== newest || segment.status.state !== "running";
		if (isWhole && next <= segment.count) throw refused(EXPIRED);
	}
	return { segment: newest, next, answered };
}

/** Sends what others add, until nobody writes the stream, `writer` writes it itself, or `signal` aborts. */
export async function follow(
	segments: Segments,
	streamId: string,
	tail: Tail,
	{ writer, send, signal, onError }: FollowRules,
): Promise<void> {
	const { answered } = tail;
	let { segment, next } = tail;
	while (segment.writer !== writer) {
		let end: RunEntry | undefined;
		for await (const page of readRun(segments.store, segment.status, next, signal, onError)) {
			await sendEntries(streamId, { segment, next: page.from, answered }, page.entries, send);
			next = page.from + page.entries.length;
			end = page.entries.find((each) => each.end !== undefined);
		}
		// The end is an entry, too.
		const position = segment.base + next - (end === undefined ? 1 : 2);
		const found = await findNext(segments, { segment, position, end }, signal, onError);
		if (found === undefined) return;
		if ("message" in found) {
			const eventId = encodeEventId({ nonce: segment.nonce, sequence: position, streamId });
			const open = found.segment.requests.filter((id) => !answered.has(id));
			return sendErrors(eventId, open, found.message, send);
		}
		segment = found;
		next = 1;
	}
}

/** How far a stream was read. */
interface Reached {
	readonly segment: Segment;
	/** The sequence of the last event within the stream. */
	readonly position: number;
	/** The segment's end, if it was read. */
	readonly end: RunEntry | undefined;
}

/** Why nothing more can be read. */
interface Loss {
	/** The segment with the requests that get no answer. */
	readonly segment: Segment;
	readonly message: string;
}

/**
 * Waits for the segment that continues a stream: one that was silent for long ends, and continues with its next message. One that was
 * answered can continue, too, until the store forgets it.
 */
async function findNext(
	segments: Segments,
	{ segment, position, end }: Reached,
	signal: AbortSignal,
	onError: (error: unknown) => void,
): Promise<Segment | Loss | undefined> {
	// A segment must not come and be forgotten between two looks.
	const maxPauseMs = Math.min(MAX_PAUSE_MS, segments.rules.ttlMs / 2);
	const startedAt = performance.now();
	let known = segment;
	for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs *= 2) {
		try {
			const kept = await segments.read();
			const newest = kept.at(-1);
			// While an empty segment is replaced, only the one before it can be read.
			const isReplaced = newest?.nonce === segment.nonce && newest.number < segment.number;
			if (newest !== undefined && newest.status.attempt === segment.status.attempt) known = newest;
			else if (newest !== undefined && !isReplaced) {
				const next = kept.find(({ nonce, base, number }) =>
					nonce === segment.nonce ? base === position : end && number === FIRST_NUMBER,
				);
				return next ?? { segment, message: TORN };
			}
			const reason = end === undefined ? newest?.status.reason : endReasonOf(end);
			if (newest === undefined && reason === ANSWERED) return undefined;
			const isMoving = isReplaced || reason === MOVED;
			if (!isMoving || performance.now() - startedAt >= MOVE_MS) {
				// Where no call waits, the process may come back: perhaps only the store was out of its reach.
				const mayContinue =
					reason !== CLOSED && newest !== undefined && known.requests.length === 0;
				if (LOSING.has(reason) && !mayContinue) return { segment: known, message: ENDED };
				// What was not read is lost, perhaps with answers: the requests are those of before.
				if (end === undefined) return { segment, message: TORN };
			}
		} catch (error) {
			onError(error);
		}
		await pause(Math.min(pauseMs, maxPauseMs), signal);
	}
	return undefined;
}

/** Answers the requests of a stream of which nothing more can be read. */
async function sendErrors(
	eventId: string,
	requests: readonly RequestId[],
	message: string,
	send: Send,
): Promise<void> {
	for (const id of requests) {
		await send(eventId, { jsonrpc: "2.0", id, error: { code: INTERNAL_ERROR, message } });
	}
}

interface FollowRules {
	readonly writer: string;
	readonly send: Send;
	readonly signal: AbortSignal;
	onError(error: unknown): void;
}

async function sendEntries(
	streamId: string,
	{ segment: { nonce, base }, next, answered }: Tail,
	entries: readonly { readonly data: string; readonly end?: unknown }[],
	send: Send,
): Promise<void> {
	for (const [index, { data, end }] of entries.entries()) {
		// A priming event is an empty object, and no message.
		if (end !== undefined || data === "{}") continue;
		const id = encodeEventId({ nonce, sequence: base + next + index, streamId });
		const message = JSON.parse(data) as JsonRpcMessage;
		await send(id, message);
		const answers = answersOf(message);
		if (answers !== undefined) answered.add(answers);
	}
}

export function refused(why: string): SSEError {
	return new SSEError("ERR_SSE_RUN_UNKNOWN", `The last event id is refused: ${why}`);
}
