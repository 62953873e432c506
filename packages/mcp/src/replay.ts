/**
 * A replay: the messages of a stream after a position, and then, while another process or transport writes them, those to come.
 */
import { pause, SSEError } from "sse-service/engine";
import { readRun } from "sse-service/runs";
import { type EventPosition, encodeEventId } from "./event-id.js";
import { CLOSED, MOVED, type Segment, type Segments } from "./segments.js";

/** After these, nobody writes the stream: `lost` is the reason of a run whose producer died. */
const LOSING: ReadonlySet<string | undefined> = new Set(["lost", CLOSED, MOVED]);
const MOVE_TRIES = 50;
const MOVE_PAUSE_MS = 100;
// JSON-RPC 2.0, 5.1.
const INTERNAL_ERROR = -32_603;
const ENDED = "The server process that handled the request has ended";
const TORN = "Messages of the request's stream could not be stored";

/** What the transport passes: writes a message to the client. */
export type Send = (eventId: string, message: object) => Promise<void>;

/** Where the messages to come will be found. */
export interface Tail {
	readonly segment: Segment;
	/** The sequence within the segment. */
	readonly next: number;
}

/**
 * Sends what the stream has now.
 *
 * @throws (rejects) `ERR_SSE_RUN_UNKNOWN`
 */
export async function replay(
	segments: Segments,
	position: EventPosition,
	send: Send,
): Promise<Tail> {
	const kept = await segments.read();
	const newest = kept.at(-1);
	if (newest === undefined || newest.nonce !== position.nonce) {
		throw refused("it is of another session or stream, or nothing of its stream is kept");
	}
	if (position.sequence > newest.base + newest.count) {
		throw refused("the store has no such event, or has lost it");
	}
	if (position.sequence < (kept[0] ?? newest).base) {
		throw refused("events after it are no longer kept");
	}
	let next = 1;
	for (const segment of kept) {
		next = Math.max(1, position.sequence - segment.base + 1);
		for (;;) {
			const entries = await segments.page(segment.status, next);
			if (entries === undefined) throw refused("events after it are no longer kept");
			if (entries.length === 0) break;
			await sendEntries(position.streamId, { segment, next }, entries, send);
			next += entries.length;
			if (entries.at(-1)?.end !== undefined) break;
		}
	}
	return { segment: newest, next };
}

/** Sends what others add, until the stream is finished, `writer` writes it itself, or `signal` aborts. */
export async function follow(
	segments: Segments,
	streamId: string,
	tail: Tail,
	{ writer, send, signal, onError }: FollowRules,
): Promise<void> {
	let { segment, next } = tail;
	while (segment.writer !== writer) {
		for await (const page of readRun(segments.store, segment.status, next, signal, onError)) {
			await sendEntries(streamId, { segment, next: page.from }, page.entries, send);
			next = page.from + page.entries.length;
		}
		const newest = signal.aborted ? undefined : await newestAfter(segments, segment, signal);
		if (newest === undefined) return;
		if (newest.nonce !== segment.nonce) return sendErrors(streamId, segment, TORN, send);
		if (newest.status.attempt === segment.status.attempt) {
			if (!LOSING.has(newest.status.reason)) return;
			return sendErrors(streamId, newest, ENDED, send);
		}
		segment = newest;
		next = 1;
	}
}

/** The newest segment. A process that ended the former one, to write the stream itself, may take a moment to begin the next. */
async function newestAfter(
	segments: Segments,
	{ status }: Segment,
	signal: AbortSignal,
): Promise<Segment | undefined> {
	for (let tries = 0; ; tries++) {
		const newest = (await segments.read()).at(-1);
		const isMoving = newest?.status.attempt === status.attempt && newest.status.reason === MOVED;
		if (!isMoving || signal.aborted || tries === MOVE_TRIES) return newest;
		await pause(MOVE_PAUSE_MS);
	}
}

/** Answers the requests of a stream of which nothing more can be read. */
async function sendErrors(
	streamId: string,
	{ nonce, base, count, requests }: Segment,
	message: string,
	send: Send,
): Promise<void> {
	const eventId = encodeEventId({ nonce, sequence: base + count, streamId });
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
	{ segment: { nonce, base }, next }: Tail,
	entries: readonly { readonly data: string; readonly end?: unknown }[],
	send: Send,
): Promise<void> {
	for (const [index, { data, end }] of entries.entries()) {
		// A priming event is an empty object, and no message.
		if (end !== undefined || data === "{}") continue;
		const id = encodeEventId({ nonce, sequence: base + next + index, streamId });
		await send(id, JSON.parse(data) as object);
	}
}

export function refused(why: string): SSEError {
	return new SSEError("ERR_SSE_RUN_UNKNOWN", `The last event id is refused: ${why}`);
}
