/**
 * A page of entries in one buffer: a run of tokens takes little more than its text, where an object for each would take nine
 * times as much.
 *
 * Each entry is a head and its data. The head is a varint: the length of the data in bytes, whether the data is UTF-16 (text with
 * half of a surrogate pair, which UTF-8 cannot represent), and whether the type differs from that of the entry before. If it
 * does, a varint follows: its place among the types of the page. A mark counts as part of the type.
 */
import type { RunEntry } from "./run-store.js";

const IS_UTF16 = 2;
const HAS_TYPE = 1;
const FLAG_BITS = 4;

type EntryType = Pick<RunEntry, "event" | "mark">;

export class EntryPage {
	readonly count: number;
	readonly #bytes: Buffer;
	readonly #types: readonly EntryType[];

	/** @param entries without an end */
	constructor(entries: readonly RunEntry[]) {
		this.count = entries.length;
		const types: EntryType[] = [];
		let last = 0;
		const heads = entries.map(({ event, mark, data }) => {
			const encoding: BufferEncoding = isWellFormed(data) ? "utf8" : "utf16le";
			const length = Buffer.byteLength(data, encoding);
			let type = types.findIndex((each) => each.event === event && each.mark === mark);
			if (type < 0) type = types.push({ event, mark }) - 1;
			const hasType = type !== last;
			last = type;
			const flags = (encoding === "utf8" ? 0 : IS_UTF16) + (hasType ? HAS_TYPE : 0);
			const head = [...varint(length * FLAG_BITS + flags)];
			if (hasType) head.push(...varint(type));
			return { head, data, encoding, size: head.length + length };
		});
		const total = heads.reduce((sum, { size }) => sum + size, 0);
		// Not from the pool, of which a page would keep everything.
		this.#bytes = Buffer.allocUnsafeSlow(total);
		this.#types = types;
		let at = 0;
		for (const { head, data, encoding } of heads) {
			for (const byte of head) this.#bytes[at++] = byte;
			at += this.#bytes.write(data, at, encoding);
		}
	}

	get byteLength(): number {
		return this.#bytes.length;
	}

	/** Returns the entries from one index to before another, or fewer: no more once they have `maxLength` characters. */
	slice(from: number, until: number, maxLength: number): RunEntry[] {
		const entries: RunEntry[] = [];
		let length = 0;
		const bytes = this.#bytes;
		let at = 0;
		const next = (): number => {
			let value = 0;
			for (let factor = 1; ; factor *= 128) {
				const byte = bytes[at++] ?? 0;
				value += (byte % 128) * factor;
				if (byte < 128) return value;
			}
		};
		let type = this.#types[0];
		for (let index = 0; index < Math.min(until, this.count) && length < maxLength; index++) {
			const head = next();
			const flags = head % FLAG_BITS;
			if ((flags & HAS_TYPE) !== 0) type = this.#types[next()];
			const end = at + (head - flags) / FLAG_BITS;
			if (index >= from) {
				const data = bytes.toString((flags & IS_UTF16) === 0 ? "utf8" : "utf16le", at, end);
				entries.push(entryOf(type, data));
				length += data.length;
			}
			at = end;
		}
		return entries;
	}
}

function entryOf({ event, mark }: EntryType = {}, data: string): RunEntry {
	if (mark !== undefined) return { event, data, mark };
	return event === undefined ? { data } : { event, data };
}

function varint(value: number): number[] {
	const bytes: number[] = [];
	let rest = value;
	while (rest >= 128) {
		bytes.push((rest % 128) + 128);
		rest = Math.floor(rest / 128);
	}
	return [...bytes, rest];
}

/** Whether no half of a surrogate pair stands alone. */
function isWellFormed(text: string): boolean {
	return !/\p{Surrogate}/u.test(text);
}
