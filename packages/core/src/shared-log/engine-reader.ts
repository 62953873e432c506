/**
 * The archive: what is older than the mirror, read from the engine in pages. The first that is read must be, or follow, the one
 * that the client had last: that proves that nothing is missing.
 */

import type { LogReader, Page, ReadFailure } from "../event-log/event-log.js";
import { isFor } from "../event-log/page.js";
import type { LogRecord, LogTarget } from "../event-log/record.js";
import { Limiter } from "../pacing/limiter.js";
import type { Position } from "../wire/cursor.js";
import type { LogEngine, Stored } from "./log-engine.js";
import { readArrival, readTarget } from "./log-format.js";

// Texts of the log, in one call to the engine.
const PAGE = 256;

// Pages at a time, so that thousands who come back after long are no storm for the engine.
const MAX_READING = 8;

export interface EngineReaderHost {
	/** Resolves when the engine is there again. @throws (rejects) once the log is closed */
	back(error: unknown): Promise<void>;
	/** Resolves when the log is known to be the one that there is. */
	current(): Promise<void>;
	/** The engine's clock. */
	now(): number;
	/** The last position, from one on up to another, behind which an event may be for a reader. */
	skip(after: Position, upTo: Position, reader: LogReader): Position;
}

export class EngineReader {
	readonly #engine: LogEngine;
	readonly #host: EngineReaderHost;
	readonly #turns = new Limiter(MAX_READING);
	/** Being read: those who were at the same place are given the same page. */
	readonly #reading = new Map<number, Promise<readonly Stored[]>>();

	constructor(engine: LogEngine, host: EngineReaderHost) {
		this.#engine = engine;
		this.#host = host;
	}

	/** As the log's; it waits while the engine is away. */
	async readAfter(after: Position, upTo: Position, reader: LogReader): Promise<Page | ReadFailure> {
		const page = await this.#readAfter(after, upTo, reader);
		return typeof page === "string" ? this.prove(page) : page;
	}

	/** A failure is told of the log that there is: this process may be about to find another one in its place. */
	async prove(failure: ReadFailure): Promise<ReadFailure> {
		await this.#host.current();
		return failure;
	}

	async #readAfter(from: Position, upTo: Position, reader: LogReader): Promise<Page | ReadFailure> {
		const after = this.#host.skip(from, upTo, reader);
		// Nothing is between, though the mirror may have let go of it by now.
		if (after.sequence === upTo.sequence) {
			return after.tag === upTo.tag ? { records: [], upTo } : "diverged";
		}
		const found = await this.#readWhenBack(after.sequence);
		const newer = follow(after, found);
		if (typeof newer === "string") return newer;
		const now = this.#host.now();
		const records: LogRecord[] = [];
		let at = after;
		for (const stored of newer) {
			if (stored.sequence > upTo.sequence) break;
			const { sequence, tag } = stored;
			// One that was lost and given again: what follows is another log's.
			if (sequence === upTo.sequence && tag !== upTo.tag) return "diverged";
			at = { epoch: after.epoch, sequence, tag };
			// Most are for others: whom one is for is seen before it is decoded.
			if (!isIn(reader, readTarget(stored.text))) continue;
			const record = readArrival(stored, after.epoch)?.record;
			if (record !== undefined && isIn(reader, record.target) && isFor(reader, record, now)) {
				records.push(record);
			}
		}
		return at === after ? "expired" : { records, upTo: at };
	}

	async #readWhenBack(from: number): Promise<readonly Stored[]> {
		for (;;) {
			try {
				return await this.#read(from);
			} catch (error) {
				await this.#host.back(error);
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

/** What follows a position among those that were read from it on, each following the one before. */
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
	{ client, group }: LogTarget,
): boolean {
	if (client !== undefined && client !== clientId) return false;
	if (group === undefined || groups.includes(group)) return true;
	return client !== undefined && ownGroups.includes(group);
}
