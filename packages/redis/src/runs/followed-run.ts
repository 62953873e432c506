/**
 * An attempt that readers in this process follow: caches its latest entries, so that readers need not request them from Redis.
 *
 * It is followed from the end of what a read returned. What comes afterwards can arrive here before that read does.
 */
import { decodeRunEntries, RecentEntries, type RunEntry } from "sse-service/runs";
import type { Mail } from "./chunk.js";

/** Chunks that may arrive before the read. With more than these, it is read again. */
const MAX_EARLY = 256;

export class FollowedRun {
	/** The key of its run's hash. */
	readonly key: string;
	/** Differs from that of every other time for which this process follows the run. */
	readonly number: number;
	readonly #watchers = new Set<() => void>();
	readonly #recent = new RecentEntries();
	#isFollowed = false;
	#isOver = false;
	#early: Mail[] = [];

	constructor(key: string, number: number) {
		this.key = key;
		this.number = number;
	}

	get isFollowed(): boolean {
		return this.#isFollowed;
	}

	/** Whether it has its end, after which nothing comes. */
	get isOver(): boolean {
		return this.#isOver;
	}

	/** @returns the number of watchers */
	add(watcher: () => void): number {
		return this.#watchers.add(watcher).size;
	}

	/** @returns the number of remaining watchers */
	remove(watcher: () => void): number {
		this.#watchers.delete(watcher);
		return this.#watchers.size;
	}

	/** Starts to follow from the end of these entries, which are all that Redis had from a sequence on. */
	begin(from: number, entries: readonly RunEntry[]): void {
		if (this.#isFollowed) return;
		this.#recent.begin(from, entries);
		this.#isFollowed = true;
		this.#isOver = entries.at(-1)?.end !== undefined;
		const next = from + entries.length;
		const early = this.#early.filter((mail) => mail.from >= next);
		this.#early = [];
		for (const mail of early) if (!this.take(mail)) this.lose();
	}

	/** Adds what arrived. @returns false if it is not the next: it comes from another server, or something was lost */
	take(mail: Mail): boolean {
		const { from, text } = mail;
		if (!this.#isFollowed) {
			this.#early.push(mail);
			if (this.#early.length > MAX_EARLY) this.#early.shift();
			return true;
		}
		if (text === "") {
			this.lose();
			return true;
		}
		const entries = decodeRunEntries(text);
		if (!this.#recent.add(from, entries)) return false;
		this.#isOver = entries.at(-1)?.end !== undefined;
		this.wake();
		return true;
	}

	/** What it has is to be read again. */
	lose(): void {
		this.#isFollowed = false;
		this.#early = [];
		this.wake();
	}

	/** The run is over. If its end has not arrived here, it is read. */
	onOver(): void {
		if (this.#isFollowed && !this.#isOver) this.lose();
	}

	/** A lone reader takes what it reads. @returns `undefined` if the entries are not cached */
	read(from: number, limit: number): readonly RunEntry[] | undefined {
		if (!this.#isFollowed) return undefined;
		const isAlone = this.#watchers.size === 1;
		return isAlone ? this.#recent.take(from, limit) : this.#recent.read(from, limit);
	}

	wake(): void {
		for (const watcher of this.#watchers) watcher();
	}
}
