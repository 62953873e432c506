/**
 * The stream of runs: one subject per run. The stream stores a message only if the newest one of its subject is still the one that
 * its sender knows, and republishes what it has stored.
 */
import { decodeDescription, encodeDescription } from "../description.js";
import { findOrMake } from "../find-or-make.js";
import { type JetStream, type Kept, NO_STREAM, unless } from "../jetstream.js";
import type { MessageQuery } from "../jetstream-api.js";
import { bound } from "../log-stream.js";
import type { ResolvedRunStoreOptions } from "../options.js";
import { pull } from "../pull.js";
import { takeSnapshot } from "../snapshot.js";
import { RunSubjects, streamNames } from "../subjects.js";
import type { RunDraft } from "./run-head.js";
import { decodeRecord, encodeBody, encodeRecord, type RunRecord } from "./run-record.js";
import { ServerClock } from "./server-clock.js";

// The most that a message has besides its body: its head, and the headers of NATS.
const OVERHEAD_BYTES = 4_096;
// If no stream takes a message, nothing is stored, so publishing it again is safe.
const ATTEMPTS = 4;

export class RunStream {
	readonly subjects: RunSubjects;
	readonly #clock: ServerClock;
	readonly #jetStream: JetStream;
	readonly #options: ResolvedRunStoreOptions;
	readonly #name: string;
	#opened: Promise<void> | undefined;

	constructor(jetStream: JetStream, options: ResolvedRunStoreOptions) {
		this.#jetStream = jetStream;
		this.#options = options;
		this.#name = streamNames(options.prefix).runs;
		this.subjects = new RunSubjects(options.prefix);
		this.#clock = new ServerClock(jetStream);
	}

	/** Finds the stream, or creates it. @throws (rejects) `ERR_SSE_LOG_VERSION` if it has another format */
	open(): Promise<void> {
		const opening = this.#opened ?? this.#open();
		this.#opened = opening;
		opening.catch(() => {
			if (this.#opened === opening) this.#opened = undefined;
		});
		return opening;
	}

	/** By the server's clock. @param due when something is over: the clock is looked at before it is said to be so late */
	async now(due = Number.POSITIVE_INFINITY): Promise<number> {
		for (let left = ATTEMPTS; left > 0; left--) {
			await this.open();
			const now = await unless(NO_STREAM, this.#clock.now(this.#name, this.subjects.all, due));
			if (now !== undefined) return now;
			this.#opened = undefined;
		}
		throw new Error(`The stream ${this.#name} keeps being deleted`);
	}

	/** The server may be a different one, or may have restarted without the stream. */
	forget(): void {
		this.#opened = undefined;
		this.#clock.forget();
	}

	/** The newest record of a run. */
	last(subject: string): Promise<RunRecord | undefined> {
		return this.#get({ last_by_subj: subject });
	}

	/** The first record of a run from a sequence of the stream on. */
	next(subject: string, sequence: number): Promise<RunRecord | undefined> {
		return this.#get({ seq: sequence, next_by_subj: subject });
	}

	at(sequence: number): Promise<RunRecord | undefined> {
		return this.#get({ seq: sequence });
	}

	/** Records of a run, in order, from a sequence of the stream on. */
	async page(subject: string, sequence: number, limit: number): Promise<readonly RunRecord[]> {
		const found = await pull(this.#jetStream, this.#name, { subject, sequence }, limit);
		return found.map(decodeRecord);
	}

	/** The newest record of each run. */
	async newest(): Promise<readonly RunRecord[]> {
		await this.open();
		const { messages = [] } =
			(await takeSnapshot(this.#jetStream, this.#name, this.subjects.all)) ?? {};
		return messages.flatMap(decodeOwn);
	}

	/** How many runs are kept. */
	async count(): Promise<number> {
		await this.open();
		return (await this.#jetStream.stream(this.#name))?.state.num_subjects ?? 0;
	}

	/**
	 * Adds to a run, if its newest record is `before`.
	 *
	 * @returns the sequence of the record, or `undefined` if another one was stored meanwhile
	 */
	async append(
		subject: string,
		draft: RunDraft,
		before: Pick<RunRecord, "sequence" | "head"> | undefined,
	): Promise<number | undefined> {
		const body = encodeBody(draft);
		const most = Math.max(1, this.#jetStream.requests.maxPayload - OVERHEAD_BYTES);
		let last = before?.sequence ?? 0;
		let since = 0;
		let at = 0;
		for (; before !== undefined && body.length - at > most; at += most) {
			const part = encodeRecord(before.head, body.subarray(at, at + most), "part");
			const sequence = await this.#publish(last, subject, part);
			if (sequence === undefined) return undefined;
			since ||= sequence;
			last = sequence;
		}
		return this.#publish(last, subject, encodeRecord(draft.head, body.subarray(at), since));
	}

	/** Removes what a run has up to a sequence of the stream. */
	purge(subject: string, upTo: number): Promise<void> {
		return this.#jetStream.purge(this.#name, upTo + 1, subject);
	}

	async #publish(last: number, subject: string, payload: Buffer): Promise<number | undefined> {
		await this.open();
		for (let left = ATTEMPTS; left > 0; left--) {
			const sequence = await this.#jetStream.publishAfter(last, subject, payload);
			if (sequence === "conflict") return undefined;
			if (sequence !== undefined) return sequence;
			// Somebody has removed the stream.
			this.#opened = undefined;
			await this.open();
		}
		throw new Error(`The stream ${this.#name} stores nothing`);
	}

	async #get(query: MessageQuery): Promise<RunRecord | undefined> {
		await this.open();
		const [kept] = await this.#jetStream.messages(this.#name, [query]);
		if (kept === undefined) return undefined;
		this.#clock.see(kept.at);
		return decodeRecord(kept);
	}

	async #open(): Promise<void> {
		const { maxBytes, storage, replicas } = this.#options;
		const { all, allLive } = this.subjects;
		const { config } = await findOrMake(this.#jetStream, {
			name: this.#name,
			// All processes create the same stream.
			description: encodeDescription("runs", "0"),
			subjects: [all],
			republish: { src: all, dest: allLive },
			retention: "limits",
			discard: "old",
			max_bytes: bound(maxBytes),
			storage,
			num_replicas: replicas,
		});
		decodeDescription("runs", config);
	}
}

function decodeOwn(kept: Kept): RunRecord[] {
	try {
		return [decodeRecord(kept)];
	} catch {
		// Of another program.
		return [];
	}
}
