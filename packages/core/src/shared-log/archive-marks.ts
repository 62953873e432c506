/**
 * What is known of texts that were once read from the engine: the tag and the target of each, in eight bytes. Many clients come
 * back with old ids, and most of what lies after these is for others: it is read once, and not once for each client.
 */
import type { LogReader } from "../event-log/event-log.js";
import { targetsOf } from "../event-log/topics.js";
import type { Audience } from "../types/target.js";
import type { Position } from "../wire/cursor.js";
import { markOf } from "./recent-targets.js";

// Texts per block, and blocks: 131,072 texts in 1 MiB.
const BLOCK = 256;
const MAX_BLOCKS = 512;

const UNKNOWN = 0;

interface Block {
	readonly tags: Uint32Array;
	readonly marks: Uint32Array;
}

export class ArchiveMarks {
	/** By sequence, divided by `BLOCK`. Oldest first. */
	readonly #blocks = new Map<number, Block>();
	/** Changes whenever everything is forgotten. */
	generation = 0;

	/** What they take in memory. */
	get bytes(): number {
		return this.#blocks.size * BLOCK * 8;
	}

	/** Call when the log broke: other texts may have the sequences. */
	forget(): void {
		this.#blocks.clear();
		this.generation++;
	}

	add(sequence: number, tag: string, target: Audience): void {
		const number = Math.floor(sequence / BLOCK);
		let block = this.#blocks.get(number);
		if (block === undefined) {
			block = { tags: new Uint32Array(BLOCK), marks: new Uint32Array(BLOCK) };
			this.#blocks.set(number, block);
			const [oldest = number] = this.#blocks.keys();
			if (this.#blocks.size > MAX_BLOCKS) this.#blocks.delete(oldest);
		}
		block.tags[sequence % BLOCK] = Number.parseInt(tag, 36);
		block.marks[sequence % BLOCK] = markOf(target);
	}

	/** @returns the last position before a text that is unknown or may be for the reader, at most `upTo` */
	skip(after: Position, upTo: Position, reader: LogReader): Position {
		if (this.#blocks.size === 0 || this.#tagAt(after.sequence) !== after.tag) return after;
		const marks = new Set(targetsOf(reader).map(markOf)).add(UNKNOWN);
		let { sequence } = after;
		while (sequence < upTo.sequence && !marks.has(this.#markAt(sequence + 1))) sequence++;
		return { epoch: after.epoch, sequence, tag: this.#tagAt(sequence) ?? after.tag };
	}

	#markAt(sequence: number): number {
		return this.#blocks.get(Math.floor(sequence / BLOCK))?.marks[sequence % BLOCK] ?? UNKNOWN;
	}

	#tagAt(sequence: number): string | undefined {
		if (sequence === 0) return "0";
		if (this.#markAt(sequence) === UNKNOWN) return undefined;
		return this.#blocks.get(Math.floor(sequence / BLOCK))?.tags[sequence % BLOCK]?.toString(36);
	}
}
