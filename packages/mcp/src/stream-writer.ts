/**
 * The writer of a stream: stores its messages one after another, renews the lease of its segment while the stream is open, and
 * ends it when the stream is finished.
 */
import { SSEError } from "sse-service/engine";
import { endEntry, type RunEntry, type RunStatus } from "sse-service/runs";
import { encodeEventId } from "./event-id.js";
import { newNonce, type RequestId, type SegmentHead, type Segments } from "./segments.js";

export interface WriterHost {
	readonly segments: Segments;
	readonly streamId: string;
	/** Identifies the writer in its segments. */
	readonly writer: string;
	readonly limits: WriterLimits;
	onError(error: unknown): void;
	/** Called when nothing is open or waiting. */
	onIdle(): void;
}

export interface WriterLimits {
	/** Events that a stream keeps. */
	readonly maxEvents: number;
	/** Characters that a stream keeps. */
	readonly maxLength: number;
	/** A stream without events for so long is finished, in milliseconds. */
	readonly idleMs: number;
}

interface OpenSegment {
	readonly head: Omit<SegmentHead, "requests">;
	readonly place: 0 | 1;
	readonly status: RunStatus;
	sequence: number;
	length: number;
}

interface Message {
	readonly data: string;
	/** The request that it answers. */
	readonly answers: RequestId | undefined;
	readonly onStored: (id: string) => void;
}

type Task = () => Promise<void>;

// Renewals per lease. Two may fail before the lease is lost.
const RENEWALS = 3;
// A request of several calls has several answers, all within this time of each other or else in the next segment.
const ANSWERED_MS = 1_000;
/** Another process may take the stream over; it is taken back so often. */
const ATTEMPTS = 8;

export class StreamWriter {
	readonly #host: WriterHost;
	#waiting: (Message | Task)[] = [];
	/** Requests without an answer. */
	readonly #requests = new Set<RequestId>();
	#isWorking = false;
	#segment: OpenSegment | undefined;
	#isTorn = false;
	#storedAt = 0;
	#renewal: ReturnType<typeof setInterval> | undefined;
	#finishing: ReturnType<typeof setTimeout> | undefined;

	constructor(host: WriterHost) {
		this.#host = host;
	}

	/** Whether messages were lost, and none was stored since then: no id can be continued from. */
	get isTorn(): boolean {
		return this.#isTorn;
	}

	/** @returns the message's id, once it is stored; if it could not be, one that is refused later */
	async append(data: string, answers: RequestId | undefined): Promise<string> {
		const id = await new Promise<string>((onStored) => this.#add({ data, answers, onStored }));
		if (answers !== undefined) this.#finishSoon();
		return id;
	}

	/** The stream is to answer a request. If this process ends before it does, the client gets an error. */
	expect(request: RequestId): void {
		this.#add(async () => {
			if (this.#segment === undefined) return;
			this.#requests.add(request);
			await this.#write([]);
		});
	}

	/** Waits its turn and keeps what follows waiting. @returns a function that lets it go on */
	hold(): Promise<() => void> {
		return new Promise((onHeld) => {
			this.#add(() => new Promise<void>((release) => onHeld(release)));
		});
	}

	/** Ends the segment. A later message begins another one. */
	finish(reason: string): Promise<void> {
		clearTimeout(this.#finishing);
		return new Promise((resolve) => {
			this.#add(async () => {
				await this.#end(reason);
				resolve();
			});
		});
	}

	#finishSoon(): void {
		clearTimeout(this.#finishing);
		this.#finishing = setTimeout(() => void this.finish("answered"), ANSWERED_MS);
		this.#finishing.unref();
	}

	#add(task: Message | Task): void {
		this.#waiting.push(task);
		if (this.#isWorking) return;
		this.#isWorking = true;
		void this.#work();
	}

	async #work(): Promise<void> {
		for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
			if (typeof next === "function") {
				this.#waiting.shift();
				await next();
			} else await this.#store(this.#takeMessages());
		}
		this.#isWorking = false;
		if (this.#segment === undefined && !this.#isTorn) this.#host.onIdle();
	}

	/** What waits up to the next task, and fits. */
	#takeMessages(): Message[] {
		const taken: Message[] = [];
		let { length, events } = this.#room();
		for (const each of this.#waiting) {
			if (typeof each === "function") break;
			length -= each.data.length;
			if (taken.length > 0 && (length < 0 || events < 1)) break;
			events--;
			taken.push(each);
		}
		this.#waiting.splice(0, taken.length);
		return taken;
	}

	async #store(messages: readonly Message[]): Promise<void> {
		const { streamId, onError } = this.#host;
		try {
			const { nonce, sequence } = await this.#append(messages);
			const first = sequence - messages.length + 1;
			for (const [index, { onStored }] of messages.entries()) {
				onStored(encodeEventId({ nonce, sequence: first + index, streamId }));
			}
		} catch (error) {
			this.#forgetSegment();
			this.#isTorn = true;
			onError(error);
			const nonce = newNonce();
			for (const [sequence, { onStored }] of messages.entries()) {
				onStored(encodeEventId({ nonce, sequence, streamId }));
			}
		}
	}

	/** @returns the position of the last of the messages */
	async #append(messages: readonly Message[]): Promise<{ nonce: string; sequence: number }> {
		const { segments } = this.#host;
		const entries = messages.map(({ data }) => ({ data }));
		const answered = messages.flatMap(({ answers = [] }) => answers);
		for (const each of answered) this.#requests.delete(each);
		for (let left = ATTEMPTS; left > 0; left--) {
			this.#segment ??= await this.#open();
			const segment = this.#segment;
			if (segment === undefined) continue;
			const after = segment.sequence;
			const head = answered.length > 0 ? this.#headOf(segment.head) : undefined;
			const sequence = await segments.write(segment.status, { after, entries, head });
			if (sequence === undefined) {
				this.#forgetSegment();
				continue;
			}
			segment.sequence = sequence;
			segment.length += entries.reduce((sum, { data }) => sum + data.length, 0);
			this.#storedAt = performance.now();
			const { nonce, base } = segment.head;
			if (this.#isFull) await this.#roll(segment);
			return { nonce, sequence: base + sequence };
		}
		throw new SSEError("ERR_SSE_RUN_OVER", "Another process writes to the same stream");
	}

	/** Takes the stream over, if somebody else writes it, and begins a segment. */
	async #open(): Promise<OpenSegment | undefined> {
		const newest = await this.#host.segments.seal();
		const { place: last = 1, count = 1, number: former = 0 } = newest ?? {};
		// An empty one is replaced, and the full one before it stays.
		const place = count === 0 ? last : otherPlace(last);
		const number = former + 1;
		if (newest === undefined || this.#isTorn) {
			return this.#claim(place, { nonce: newNonce(), base: 0, number });
		}
		return this.#claim(place, { nonce: newest.nonce, base: newest.base + newest.count, number });
	}

	async #claim(
		place: 0 | 1,
		start: Pick<SegmentHead, "nonce" | "base" | "number">,
	): Promise<OpenSegment | undefined> {
		const { segments, writer } = this.#host;
		const head = { ...start, writer };
		const status = await segments.claim(place, this.#headOf(head));
		if (status === undefined) return undefined;
		this.#isTorn = false;
		this.#storedAt = performance.now();
		this.#renewal ??= setInterval(() => this.#renew(), segments.rules.leaseMs / RENEWALS);
		this.#renewal.unref();
		return { head, place, status, sequence: 0, length: 0 };
	}

	/** Begins the next segment before the full one ends, so that its readers find it. */
	async #roll(full: OpenSegment): Promise<void> {
		const { nonce, base, number } = full.head;
		const start = { nonce, base: base + full.sequence, number: number + 1 };
		try {
			this.#segment = await this.#claim(otherPlace(full.place), start);
			if (this.#segment === undefined) this.#forgetSegment();
			const entries = [endEntry("done", "full")];
			await this.#host.segments.write(full.status, { after: full.sequence, entries });
		} catch (error) {
			// What is stored stays: the next message ends the full segment, and begins another one.
			this.#forgetSegment();
			this.#host.onError(error);
		}
	}

	#headOf(head: OpenSegment["head"]): SegmentHead {
		return { ...head, requests: [...this.#requests] };
	}

	get #isFull(): boolean {
		const { length, events } = this.#room();
		return length <= 0 || events <= 0;
	}

	#room(): { readonly length: number; readonly events: number } {
		const { maxLength, maxEvents } = this.#host.limits;
		const { length = 0, sequence = 0 } = this.#segment ?? {};
		return { length: maxLength / 2 - length, events: Math.max(1, maxEvents / 2) - sequence };
	}

	#renew(): void {
		const idleMs = performance.now() - this.#storedAt;
		const { limits, segments } = this.#host;
		if (idleMs >= limits.idleMs) void this.finish("idle");
		else if (idleMs >= segments.rules.leaseMs / RENEWALS) this.#add(() => this.#write([]));
	}

	async #end(reason: string): Promise<void> {
		await this.#write([endEntry("done", reason)]);
		this.#forgetSegment();
		this.#isTorn = false;
	}

	async #write(entries: readonly RunEntry[]): Promise<void> {
		const segment = this.#segment;
		if (segment === undefined) return;
		try {
			const { status, sequence: after } = segment;
			const head = this.#headOf(segment.head);
			await this.#host.segments.write(status, { after, entries, head });
		} catch (error) {
			this.#host.onError(error);
		}
	}

	#forgetSegment(): void {
		this.#segment = undefined;
		clearInterval(this.#renewal);
		this.#renewal = undefined;
	}
}

function otherPlace(place: 0 | 1): 0 | 1 {
	return place === 0 ? 1 : 0;
}
