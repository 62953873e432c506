/**
 * The writer of a stream: stores its messages one after another, keeps the stream open while it is in use, and ends it when it is
 * finished.
 */
import { encodeEventId } from "./event-id.js";
import type { RequestId } from "./json-rpc.js";
import { SegmentWriter, type SegmentWriterHost } from "./segment-writer.js";
import { type Acknowledged, ANSWERED, CLOSED, newNonce } from "./segments.js";

export interface WriterHost extends SegmentWriterHost {
	readonly streamId: string;
	/** Called when nothing is open or waiting. */
	onIdle(): void;
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
// A request of several calls has several answers. If it is not known how many, those after this time are in the next segment.
const ANSWERED_MS = 1_000;

export class StreamWriter {
	readonly #host: WriterHost;
	readonly #segment: SegmentWriter;
	#waiting: (Message | Task)[] = [];
	#isWorking = false;
	#renewal: ReturnType<typeof setInterval> | undefined;
	#finishing: ReturnType<typeof setTimeout> | undefined;

	constructor(host: WriterHost) {
		this.#host = host;
		this.#segment = new SegmentWriter(host);
	}

	/** Whether messages were lost, and none was stored since then: no id can be continued from. */
	get isTorn(): boolean {
		return this.#segment.isTorn;
	}

	/** What the store has acknowledged last. It may have lost it since then. */
	get acknowledged(): Acknowledged | undefined {
		return this.#segment.acknowledged;
	}

	/** @returns the message's id, once it is stored; if it could not be, one that is refused later */
	async append(data: string, answers: RequestId | undefined): Promise<string> {
		const id = await new Promise<string>((onStored) => this.#add({ data, answers, onStored }));
		if (answers !== undefined) this.#finishSoon();
		return id;
	}

	/** The stream is to answer a request. If this process ends before it does, the client gets an error. */
	expect(request: RequestId): void {
		this.#add(() => this.#segment.expect(request));
	}

	/** A request was cancelled: nobody waits for its answer. */
	dismiss(request: RequestId): void {
		this.#add(() => this.#segment.dismiss(request));
	}

	/** Waits for its turn and makes later calls wait. @returns a function that ends the turn */
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
				await this.#segment.end(reason);
				resolve();
			});
		});
	}

	/** Ends the segment for good. */
	close(): Promise<void> {
		void this.finish(CLOSED);
		return new Promise((resolve) => {
			this.#add(async () => {
				this.#segment.forget();
				resolve();
			});
		});
	}

	#finishSoon(): void {
		clearTimeout(this.#finishing);
		this.#finishing = setTimeout(() => {
			if (!this.#segment.isExpecting) void this.finish(ANSWERED);
		}, ANSWERED_MS);
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
		if (this.#segment.isOpen || this.isTorn) {
			this.#renewal ??= setInterval(() => this.#renew(), this.#renewMs);
			this.#renewal.unref();
			return;
		}
		clearInterval(this.#renewal);
		this.#renewal = undefined;
		this.#host.onIdle();
	}

	/** What waits up to the next task, and fits. */
	#takeMessages(): Message[] {
		const taken: Message[] = [];
		let { length, events } = this.#segment.room;
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
		let nonce = newNonce();
		let first = 0;
		try {
			const entries = messages.map(({ data }) => ({ data }));
			const answered = messages.flatMap(({ answers = [] }) => answers);
			const last = await this.#segment.append(entries, answered);
			nonce = last.nonce;
			first = last.sequence - messages.length + 1;
		} catch (error) {
			// Ids of the random nonce are of no stream.
			onError(error);
		}
		for (const [index, { onStored }] of messages.entries()) {
			onStored(encodeEventId({ nonce, sequence: first + index, streamId }));
		}
	}

	get #renewMs(): number {
		return this.#host.segments.rules.leaseMs / RENEWALS;
	}

	#renew(): void {
		const { idleMs, isExpecting } = this.#segment;
		if (this.isTorn) void this.finish("torn");
		else if (idleMs >= this.#host.limits.idleMs && !isExpecting) void this.finish("idle");
		else if (idleMs >= this.#renewMs) this.#add(() => this.#segment.renew());
	}
}
