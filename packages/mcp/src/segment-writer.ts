/**
 * The segment that a stream is written to: begins it, renews its lease, begins the next one when it is full, and ends it.
 */
import { SSEError } from "sse-service/engine";
import { type AttemptWriter, endEntry, type RunEntry } from "sse-service/runs";
import type { StreamPosition } from "./event-id.js";
import type { RequestId } from "./json-rpc.js";
import {
	type Acknowledged,
	FIRST_NUMBER,
	hasLost,
	newNonce,
	type SegmentHead,
	type Segments,
} from "./segments.js";

export interface SegmentWriterHost {
	readonly segments: Segments;
	/** Identifies the writer in its segments. */
	readonly writer: string;
	readonly limits: WriterLimits;
	onError(error: unknown): void;
}

export interface WriterLimits {
	/** Events that a stream keeps. */
	readonly maxEvents: number;
	/** Characters that a stream keeps. */
	readonly maxLength: number;
	/** A stream is finished after this time without events, in milliseconds. */
	readonly idleMs: number;
}

interface OpenSegment {
	readonly head: Omit<SegmentHead, "requests">;
	readonly place: 0 | 1;
	readonly run: AttemptWriter;
}

/** Another process may take the stream over; it is taken back so often. */
const ATTEMPTS = 8;

/** Its calls must not overlap. */
export class SegmentWriter {
	readonly #host: SegmentWriterHost;
	/** Requests without an answer. */
	readonly #requests = new Set<RequestId>();
	#segment: OpenSegment | undefined;
	/** When the latest message was lost. Cleared once the store has ids of after the loss, or none of before. */
	#tornAt: number | undefined;
	#storedAt = 0;
	#acknowledged: Omit<Acknowledged, "keptUntil"> | undefined;
	#keptUntil = 0;

	constructor(host: SegmentWriterHost) {
		this.#host = host;
	}

	get isOpen(): boolean {
		return this.#segment !== undefined;
	}

	/** Whether messages were lost, and none was stored since then: no id can be continued from. */
	get isTorn(): boolean {
		return this.#tornAt !== undefined;
	}

	/** What the store has acknowledged last. It may have lost it since then. */
	get acknowledged(): Acknowledged | undefined {
		return this.#acknowledged && { ...this.#acknowledged, keptUntil: this.#keptUntil };
	}

	/** Whether requests wait for an answer. */
	get isExpecting(): boolean {
		return this.#requests.size > 0;
	}

	/** How long nothing was stored, in milliseconds. */
	get idleMs(): number {
		return performance.now() - this.#storedAt;
	}

	/** What still fits into the segment. */
	get room(): { readonly length: number; readonly events: number } {
		const { maxLength, maxEvents } = this.#host.limits;
		const { length = 0, sequence = 0 } = this.#segment?.run ?? {};
		return { length: maxLength / 2 - length, events: Math.max(1, maxEvents / 2) - sequence };
	}

	/**
	 * Adds entries.
	 *
	 * @param answered the requests that they answer
	 * @returns the position of the last one
	 * @throws (rejects) with what the store rejects with; the entries then count as lost
	 */
	async append(
		entries: readonly RunEntry[],
		answered: readonly RequestId[],
	): Promise<StreamPosition> {
		for (const each of answered) this.#requests.delete(each);
		try {
			for (let left = ATTEMPTS; left > 0; left--) {
				this.#segment ??= await this.#open();
				const segment = this.#segment;
				if (segment === undefined) continue;
				if (!(await this.#write(segment, entries, answered.length > 0))) {
					this.#segment = undefined;
					continue;
				}
				this.#storedAt = performance.now();
				const { head, run } = segment;
				const acknowledged = { ...head, sequence: head.base + run.sequence };
				this.#acknowledged = acknowledged;
				const { length, events } = this.room;
				if (length <= 0 || events <= 0) await this.#roll(segment);
				return acknowledged;
			}
			throw new SSEError("ERR_SSE_RUN_OVER", "Another process writes to the same stream");
		} catch (error) {
			this.#segment = undefined;
			this.#tornAt = performance.now();
			throw error;
		}
	}

	/** The stream is to answer a request. */
	async expect(request: RequestId): Promise<void> {
		if (this.#segment === undefined) return;
		this.#requests.add(request);
		await this.renew();
	}

	/** The request gets no answer. */
	async dismiss(request: RequestId): Promise<void> {
		if (this.#requests.delete(request)) await this.renew();
	}

	async renew(entries: readonly RunEntry[] = []): Promise<void> {
		const segment = this.#segment;
		if (segment === undefined) return;
		try {
			if (await this.#write(segment, entries, true)) return;
			// Another process may write the stream. If the store has lost messages, others know it only from a new segment.
			const newest = (await this.#host.segments.read()).at(-1);
			if (!hasLost(newest, this.acknowledged)) return;
			this.#segment = await this.#open();
			await this.renew(entries);
		} catch (error) {
			this.#host.onError(error);
		}
	}

	/** After a loss the stream ends with an empty segment, which makes every process refuse the ids of before. */
	async end(reason: string): Promise<void> {
		await this.#mend();
		await this.renew([endEntry("done", reason)]);
		this.#segment = undefined;
	}

	/** Gives up what could not be mended. */
	forget(): void {
		this.#tornAt = undefined;
	}

	/** @returns false if the segment is over */
	async #write(
		segment: OpenSegment,
		entries: readonly RunEntry[],
		hasChanged: boolean,
	): Promise<boolean> {
		const keptUntil = performance.now() + this.#host.segments.rules.ttlMs;
		const state = hasChanged ? this.#headOf(segment) : undefined;
		const isWritten = await segment.run.write(entries, state);
		if (isWritten) this.#keptUntil = keptUntil;
		return isWritten;
	}

	async #mend(): Promise<void> {
		if (this.#tornAt === undefined) return;
		const { segments, onError } = this.#host;
		const { leaseMs, ttlMs } = segments.rules;
		// By then the store has forgotten what was stored before: a write whose answer was lost may have begun another lease, and a reader
		// that notices the end of the lease just before the TTL is over begins another TTL.
		if (performance.now() - this.#tornAt > 2 * (leaseMs + ttlMs)) return this.forget();
		try {
			if ((await segments.seal()) === undefined) this.forget();
			else this.#segment = await this.#open();
		} catch (error) {
			onError(error);
		}
	}

	/** Takes the stream over, if somebody else writes it, and begins a segment. */
	async #open(): Promise<OpenSegment | undefined> {
		const newest = await this.#host.segments.seal();
		const known = this.acknowledged;
		if (hasLost(newest, known)) this.#tornAt = performance.now();
		const { place: last = 1, count = 1, number: former = 0 } = newest ?? {};
		// An empty one is replaced, and the full one before it stays.
		const place = count === 0 ? last : otherPlace(last);
		if (newest !== undefined && !this.isTorn) {
			const { nonce, base } = newest;
			return this.#claim(place, { nonce, base: base + count, number: former + 1 });
		}
		const number = Math.max(former, known?.number ?? 0, this.isTorn ? FIRST_NUMBER : 0) + 1;
		return this.#claim(place, { nonce: newNonce(), base: 0, number });
	}

	/** @returns `undefined` if another process was faster */
	async #claim(
		place: 0 | 1,
		start: Pick<SegmentHead, "nonce" | "base" | "number">,
	): Promise<OpenSegment | undefined> {
		const { segments, writer } = this.#host;
		const head = { ...start, writer };
		const run = await segments.claim(place, { ...head, requests: [...this.#requests] });
		if (run === undefined) return undefined;
		this.forget();
		this.#storedAt = performance.now();
		return { head, place, run };
	}

	/** Begins the next segment before the full one ends, so that its readers find it. */
	async #roll(full: OpenSegment): Promise<void> {
		const { nonce, base, number } = full.head;
		const start = { nonce, base: base + full.run.sequence, number: number + 1 };
		try {
			this.#segment = await this.#claim(otherPlace(full.place), start);
			await full.run.write([endEntry("done", "full")]);
		} catch (error) {
			// What is stored stays: the next message ends the full segment, and begins another one.
			this.#segment = undefined;
			this.#host.onError(error);
		}
	}

	/** The head of a segment as text, with the requests of now. */
	#headOf({ head }: OpenSegment): string {
		return JSON.stringify({ ...head, requests: [...this.#requests] } satisfies SegmentHead);
	}
}

function otherPlace(place: 0 | 1): 0 | 1 {
	return place === 0 ? 1 : 0;
}
