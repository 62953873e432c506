/**
 * Reads of runs from Redis. Readers of the same run share them: those that begin together, and those that continue in a part
 * that was read before. Otherwise fifty readers of one long run would ask Redis for it fifty times at once.
 */
import type { RunEntry } from "sse-service/runs";
import type { Chunk } from "./chunk.js";

/** Consecutive entries of an attempt. */
export interface RunPart {
	readonly entries: readonly RunEntry[];
	/** The sequence of the first entry. */
	readonly from: number;
	/** Whether Redis has no more. */
	readonly isLast: boolean;
	/** Whether what comes later goes to the inbox of this process. */
	readonly isFollowed: boolean;
}

// Parts that are kept for other readers. Each has the bytes of one read.
const MAX_PARTS = 8;

export class RunReads {
	readonly #underWay = new Map<string, Promise<RunPart | undefined>>();
	/** Newest last. Without the last part of a run, which can still change. */
	readonly #parts: { readonly stream: string; readonly part: RunPart }[] = [];

	/** The server may be a different one: it may have lost what was read. */
	forget(): void {
		this.#parts.splice(0);
	}

	/** Returns the part of a stream that begins at a sequence, or has it. @param read called unless the part is here, or being read */
	async part(
		stream: string,
		from: number,
		read: () => Promise<RunPart | undefined>,
	): Promise<RunPart | undefined> {
		const known = this.#parts.find((each) => each.stream === stream && has(each.part, from));
		if (known !== undefined) return known.part;
		const key = `${from} ${stream}`;
		const underWay = this.#underWay.get(key);
		if (underWay !== undefined) return underWay;
		const reading = read();
		this.#underWay.set(key, reading);
		try {
			const part = await reading;
			if (part?.isLast === false) this.#parts.push({ stream, part });
			if (this.#parts.length > MAX_PARTS) this.#parts.shift();
			return part;
		} finally {
			this.#underWay.delete(key);
		}
	}
}

/**
 * @param from the sequence that was asked for
 * @returns `undefined` if an entry is missing between the chunks, or before them
 */
export function partOf(
	chunks: readonly Chunk[],
	from: number,
): Pick<RunPart, "from" | "entries"> | undefined {
	const first = chunks[0]?.from ?? from;
	const entries: RunEntry[] = [];
	for (const chunk of chunks) {
		if (chunk.from !== first + entries.length) return undefined;
		for (const entry of chunk.entries) entries.push(entry);
	}
	return first > from ? undefined : { entries, from: first };
}

function has({ from: first, entries }: RunPart, from: number): boolean {
	return first <= from && from < first + entries.length;
}
