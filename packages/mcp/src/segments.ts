/**
 * The segments of a stream: the one or two runs that keep its events. When the newer one is full, the next takes the place of
 * the older one, so a stream never keeps more than its limit, and always the newest half of it.
 */
import { createHash, randomBytes } from "node:crypto";
import {
	AttemptWriter,
	type ClaimRules,
	type RunEntry,
	type RunStatus,
	type RunStore,
	type RunWrite,
} from "sse-service/runs";
import type { RequestId } from "./json-rpc.js";
import type { StoreCalls } from "./store-calls.js";

/** What a segment begins with. */
export interface SegmentHead {
	/** The stream's nonce, in the ids of its events. */
	readonly nonce: string;
	/** The number of the stream's events before this segment. */
	readonly base: number;
	/** {@link FIRST_NUMBER} if nothing of the stream was kept and nothing is lost, or else one more than that of the segment before. */
	readonly number: number;
	/** Who writes it. */
	readonly writer: string;
	/** Ids of requests that the stream still has to answer. */
	readonly requests: readonly RequestId[];
}

export const FIRST_NUMBER = 1;

export interface Segment extends SegmentHead {
	readonly place: 0 | 1;
	readonly status: RunStatus;
	/** The number of its events. */
	readonly count: number;
}

/** The last event of which a writer knows that the store had it. */
export interface Acknowledged extends Omit<SegmentHead, "requests"> {
	/** Its sequence within the stream. */
	readonly sequence: number;
	/** The store keeps the stream until then at least, even if another process ends it, by `performance.now()`. */
	readonly keptUntil: number;
}

/** Whether the store has lost what it had acknowledged, as at a failover. Nobody else may get these ids. @param newest what it has */
export function hasLost(newest: Segment | undefined, known: Acknowledged | undefined): boolean {
	if (newest === undefined || known === undefined) return false;
	const { nonce, base, count, number, writer } = newest;
	// A lower number is from before a loss. But once the store may have forgotten the stream, it may be of one that was started over.
	if (nonce !== known.nonce) return number < known.number && performance.now() < known.keptUntil;
	// Only a segment with a higher number takes the place of one with events.
	if (number > known.number) return base < known.sequence;
	return number < known.number || writer !== known.writer || base + count < known.sequence;
}

/** Why a segment ended early: another process writes the stream now. */
export const MOVED = "moved";
/** The reason of a stream whose known requests have their answers. */
export const ANSWERED = "answered";
/** The reason of a stream whose transport was closed. */
export const CLOSED = "closed";
/** Messages per read. */
const PAGE = 256;

/** A name that nobody else has. */
export function newNonce(): string {
	return randomBytes(9).toString("base64url");
}

/** Where segments are kept. */
export interface SegmentsHost {
	readonly store: RunStore;
	readonly calls: StoreCalls;
	readonly rules: ClaimRules;
}

export class Segments {
	readonly store: RunStore;
	readonly rules: ClaimRules;
	readonly #calls: StoreCalls;
	readonly #ids: readonly [string, string];

	constructor({ store, calls, rules }: SegmentsHost, sessionId: string, streamId: string) {
		this.store = store;
		this.rules = rules;
		this.#calls = calls;
		// A session's id is a secret, and a run's id is not.
		const name = createHash("sha256").update(JSON.stringify([sessionId, streamId]));
		const id = `mcp.${name.digest("base64url")}`;
		this.#ids = [`${id}.0`, `${id}.1`];
	}

	/** The segments of the stream, in order. The last is the newest. */
	async read(): Promise<Segment[]> {
		const [a, b] = await Promise.all([this.#read(0), this.#read(1)]);
		if (a === undefined || b === undefined) return [a ?? b].filter((each) => each !== undefined);
		const [older, newer] = a.number < b.number ? [a, b] : [b, a];
		const isContinued = older.nonce === newer.nonce && older.base + older.count === newer.base;
		return isContinued ? [older, newer] : [newer];
	}

	/** Ends the newest segment, so that nobody else can write to the stream. @returns it */
	async seal(): Promise<Segment | undefined> {
		const { ttlMs } = this.rules;
		const cancel = (id: string) => this.#calls.run(() => this.store.cancel(id, MOVED, ttlMs));
		await Promise.all(this.#ids.map(cancel));
		return (await this.read()).at(-1);
	}

	/** Puts a new, empty segment in a place. @returns its writer, or `undefined` if another process was faster */
	async claim(place: 0 | 1, head: SegmentHead): Promise<AttemptWriter | undefined> {
		const { store, rules } = this;
		const id = this.#ids[place];
		const { status, isOwn } = await this.#calls.run(() => store.claim(id, rules));
		if (!isOwn) return undefined;
		const limited: Pick<RunStore, "write" | "settle"> = {
			write: (writes) => this.#calls.run(() => store.write(writes), lengthOf(writes)),
			settle: (id) => this.#calls.run(() => store.settle(id)),
		};
		const writer = new AttemptWriter(limited, status, rules);
		return (await writer.write([], JSON.stringify(head))) ? writer : undefined;
	}

	/** @returns the next entries of a segment from a sequence on, or `undefined` if it is no longer kept */
	page({ id, attempt }: RunStatus, from: number): Promise<readonly RunEntry[] | undefined> {
		return this.#calls.run(() => this.store.read(id, attempt, from, PAGE));
	}

	async #read(place: 0 | 1): Promise<Segment | undefined> {
		const id = this.#ids[place];
		const status = await this.#calls.run(() => this.store.settle(id));
		if (status === undefined) return undefined;
		const snapshot = await this.#calls.run(() => this.store.snapshot(id, status.attempt));
		if (snapshot === undefined) return undefined;
		const head = JSON.parse(snapshot.state) as SegmentHead;
		// The end is an entry, too.
		const count = status.sequence - (status.state === "running" ? 0 : 1);
		return { ...head, place, status, count };
	}
}

function lengthOf(writes: readonly RunWrite[]): number {
	const entries = writes.flatMap((write) => write.entries);
	return entries.reduce((sum, { data }) => sum + data.length, 0);
}
