/**
 * The timeline: the newest things that happened, to clients and in the log. Bounded: the oldest are forgotten.
 */

export const KINDS = [
	"open",
	"close",
	"resume",
	"gap",
	"drop",
	"send",
	"error",
	"outage",
	"drain",
	"run",
] as const;

/** One thing that happened. Names and texts are untrusted. */
export interface Entry {
	/** Its number; entries are never reordered. */
	readonly n: number;
	/** When, in ms since the epoch. */
	readonly t: number;
	readonly kind: (typeof KINDS)[number];
	readonly client?: string | undefined;
	groups?: readonly string[] | undefined;
	readonly text?: string | undefined;
	/** How often, of the same in a row. */
	count?: number;
}

/** Entries kept. Sends have a list of their own, so that they push out nothing else. */
const MAX_ENTRIES = 5_000;
const MAX_SENDS = 1_000;
/** Sends noted a second; the others are only counted. */
const SENDS_A_SECOND = 50;

export class Timeline {
	#next = 1;
	readonly #entries: Entry[] = [];
	readonly #sends: Entry[] = [];
	#second = 0;
	#sendsThisSecond = 0;

	/** @returns the entry, or the one before it if that says the same */
	add(entry: Omit<Entry, "n" | "t">): Entry {
		const last = this.#entries.at(-1);
		if (entry.kind === "drop" && last?.kind === "drop" && last.client === entry.client) {
			last.count = (last.count ?? 1) + 1;
			return last;
		}
		const added = { n: this.#next++, t: Date.now(), ...entry };
		push(this.#entries, added, MAX_ENTRIES);
		return added;
	}

	/** Whether a send may be noted. Ask before making its text. */
	hasRoomForSend(): boolean {
		const second = Math.floor(Date.now() / 1_000);
		if (second !== this.#second) this.#sendsThisSecond = 0;
		this.#second = second;
		return this.#sendsThisSecond++ < SENDS_A_SECOND;
	}

	addSend(entry: Omit<Entry, "n" | "t" | "kind">): void {
		push(this.#sends, { n: this.#next++, t: Date.now(), kind: "send", ...entry }, MAX_SENDS);
	}

	/** The newest first. @param n only those after it */
	newest(limit: number, matches: (entry: Entry) => boolean = () => true, n = 0): Entry[] {
		const found = [...this.#entries, ...this.#sends].filter((each) => each.n > n && matches(each));
		return found.sort((one, other) => other.n - one.n).slice(0, limit);
	}

	/** The number of the newest entry. */
	get last(): number {
		return this.#next - 1;
	}
}

/** Drops a tenth at a time, because dropping from the head moves the whole array. */
function push(entries: Entry[], entry: Entry, max: number): void {
	if (entries.length >= max) entries.splice(0, Math.ceil(max / 10));
	entries.push(entry);
}

/** Beyond this many characters, words are cut. */
const MAX_WORDS_LENGTH = 300;

/** The beginning of a reason, or of what was thrown. Anything can be, and what throws here would end the process. */
export function wordsOf(error: unknown): string {
	try {
		return String(error instanceof Error ? error.message : error).slice(0, MAX_WORDS_LENGTH);
	} catch {
		return "something that has no words";
	}
}
