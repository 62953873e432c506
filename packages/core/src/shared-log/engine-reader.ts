/**
 * The engine reader: reads events that the local copy no longer has from the engine, in pages. The first event of a page must be,
 * or directly follow, the client's last one: that proves that nothing is missing.
 */

import type { LogReader, Page, ReadFailure } from "../event-log/event-log.js";
import { isFor } from "../event-log/page.js";
import type { LogRecord } from "../event-log/record.js";
import { Limiter } from "../pacing/limiter.js";
import { pause } from "../pacing/timeout.js";
import type { Audience } from "../types/target.js";
import type { Position } from "../wire/cursor.js";
import { ArchiveMarks } from "./archive-marks.js";
import type { LogEngine, Stored } from "./log-engine.js";
import { readArrival, readTarget } from "./log-format.js";

// Texts per call to the engine.
const PAGE = 256;

// A read that fails although the engine is available is repeated after a growing pause.
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

// Concurrent reads. Limits the load on the engine when thousands of clients reconnect after a long time.
const MAX_READING = 8;

export interface EngineReaderHost {
	/** Resolves when the engine is available again. @throws (rejects) once the log is closed, or the signal has aborted */
	back(error: unknown, signal: AbortSignal | undefined): Promise<void>;
	/** Resolves when the followed log is proven to be the current one. */
	current(): Promise<void>;
	/** Called once with why reads fail although the engine is available. */
	onFailure(error: unknown): void;
	/** The engine's clock. */
	now(): number;
	/** Returns the last position, between two given ones, before an event that may be for the reader. */
	skip(after: Position, upTo: Position, reader: LogReader): Position;
}

export class EngineReader {
	readonly #engine: LogEngine;
	readonly #host: EngineReaderHost;
	readonly #marks = new ArchiveMarks();
	readonly #turns = new Limiter(MAX_READING);
	/** Pages being read, by sequence. Readers at the same position share a page. */
	readonly #reading = new Map<number, Promise<readonly Stored[]>>();
	/** Whether reads fail although the engine is available, and that has been reported. */
	#isRefused = false;

	constructor(engine: LogEngine, host: EngineReaderHost) {
		this.#engine = engine;
		this.#host = host;
	}

	/** What the memory of earlier reads takes. */
	get bytes(): number {
		return this.#marks.bytes;
	}

	/** Call when the log broke. */
	forget(): void {
		this.#marks.forget();
	}

	/** Like the log's method. Waits while the engine is unavailable. */
	async readAfter(after: Position, upTo: Position, reader: LogReader): Promise<Page | ReadFailure> {
		const page = await this.#readAfter(after, upTo, reader);
		return typeof page === "string" ? this.prove(page) : page;
	}

	/** Confirms a failure against the current log: this process may not know yet that its log was replaced. */
	async prove(failure: ReadFailure): Promise<ReadFailure> {
		await this.#host.current();
		return failure;
	}

	async #readAfter(from: Position, upTo: Position, reader: LogReader): Promise<Page | ReadFailure> {
		const after = this.#skip(from, upTo, reader);
		// Nothing lies between the positions, even if the local copy has dropped them by now.
		if (after.sequence === upTo.sequence) {
			return after.tag === upTo.tag ? { records: [], upTo } : "diverged";
		}
		const { allowance } = reader;
		if (allowance !== undefined && allowance.left <= 0) return "expired";
		const { generation } = this.#marks;
		const found = await this.#readWhenBack(after.sequence, reader);
		const newer = follow(after, found);
		if (typeof newer === "string") return newer;
		const [first] = found;
		if (first?.sequence === after.sequence) this.#mark(first, readTarget(first.text), generation);
		const now = this.#host.now();
		const records: LogRecord[] = [];
		let at = after;
		for (const stored of newer) {
			if (stored.sequence > upTo.sequence) break;
			const { sequence, tag } = stored;
			// The sequence was lost and reused: what follows belongs to another log.
			if (sequence === upTo.sequence && tag !== upTo.tag) return "diverged";
			at = { epoch: after.epoch, sequence, tag };
			// Most texts are for others, so the target is checked before the text is decoded.
			const target = readTarget(stored.text);
			this.#mark(stored, target, generation);
			if (allowance !== undefined) allowance.left--;
			if (!isIn(reader, target)) continue;
			const record = readArrival(stored, at)?.record;
			if (record !== undefined && isIn(reader, record.target) && isFor(reader, record, now)) {
				records.push(record);
			}
		}
		return at === after ? "expired" : { records, upTo: at };
	}

	/** Leads a reader past texts for others. */
	#skip(from: Position, upTo: Position, reader: LogReader): Position {
		const recent = this.#host.skip(from, upTo, reader);
		const known = this.#marks.skip(recent, upTo, reader);
		return known === recent ? recent : this.#host.skip(known, upTo, reader);
	}

	#mark({ sequence, tag }: Stored, target: Audience, generation: number): void {
		// The log broke while the page was read: the text may belong to the one before.
		if (generation === this.#marks.generation) this.#marks.add(sequence, tag, target);
	}

	async #readWhenBack(from: number, { owner }: LogReader): Promise<readonly Stored[]> {
		for (let failures = 0; ; failures++) {
			try {
				const found = await this.#read(from);
				this.#isRefused = false;
				return found;
			} catch (error) {
				await this.#host.back(error, owner?.signal);
				// The first one may have met an outage, which reports itself.
				if (failures === 0) continue;
				if (!this.#isRefused) this.#host.onFailure(error);
				this.#isRefused = true;
				await pause(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures), owner?.signal);
			}
		}
	}

	#read(from: number): Promise<readonly Stored[]> {
		const known = this.#reading.get(from);
		if (known !== undefined) return known;
		const reading = this.#readPage(from).finally(() => this.#reading.delete(from));
		this.#reading.set(from, reading);
		return reading;
	}

	async #readPage(from: number): Promise<readonly Stored[]> {
		const turn = this.#turns.take();
		try {
			await turn.begins;
			return await this.#engine.read(from, PAGE);
		} finally {
			turn.end();
		}
	}
}

/** Returns what follows a position among the texts read from there, if they are contiguous. */
function follow(after: Position, found: readonly Stored[]): readonly Stored[] | ReadFailure {
	const [first] = found;
	if (first === undefined) return "expired";
	const { sequence, tag } = after;
	if (first.sequence === sequence && first.tag !== tag) return "diverged";
	const isBeginning = sequence === 0 && tag === "0" && first.sequence === 1;
	const isNext = first.sequence === sequence + 1 && first.previousTag === tag;
	if (first.sequence !== sequence && !isNext && !isBeginning) return "expired";
	const newer = first.sequence === sequence ? found.slice(1) : found;
	const hole = newer.findIndex((stored, index) => stored.sequence !== sequence + 1 + index);
	return hole < 0 ? newer : newer.slice(0, hole);
}

function isIn(
	{ clientId, groups, ownGroups = [] }: LogReader,
	{ client, group }: Audience,
): boolean {
	if (client !== undefined && client !== clientId) return false;
	if (group === undefined || groups.includes(group)) return true;
	return client !== undefined && ownGroups.includes(group);
}
