/**
 * Own entries: what this process has appended and what has not arrived here yet. It knows more of these than the log does.
 */
import { nanoid } from "nanoid";
import type { LogEntry } from "./record.js";
import { newTag } from "./tags.js";

export class OwnEntries {
	/** What this process is known by in the log. */
	readonly writer = nanoid(10);
	readonly #entries = new Map<string, LogEntry>();

	/** @returns the tag that it is known by */
	add(entry: LogEntry): string {
		const tag = this.unusedTag();
		this.#entries.set(tag, entry);
		return tag;
	}

	unusedTag(): string {
		for (;;) {
			const tag = newTag();
			if (!this.#entries.has(tag)) return tag;
		}
	}

	/** What has arrived: it is forgotten. @returns `undefined` when it is another process's */
	take(writer: string, tag: string): LogEntry | undefined {
		if (writer !== this.writer) return undefined;
		const entry = this.#entries.get(tag);
		this.#entries.delete(tag);
		return entry;
	}

	/** It will not arrive. */
	delete(tag: string): void {
		this.#entries.delete(tag);
	}

	clear(): void {
		this.#entries.clear();
	}
}
