/**
 * What this process has appended and what has not arrived here yet, by its tag, oldest first.
 */
import type { Position } from "../wire/cursor.js";
import type { StoredAt } from "./log-engine.js";
import { newTag } from "./recent-tags.js";

interface Sent<What> {
	readonly what: What;
	/** Where the text was stored, once the engine has answered. */
	at: StoredAt | undefined;
	/** Whether it was in another log than the followed one at the last `forgetLost`. */
	isElsewhere: boolean;
}

export class Unarrived<What> {
	readonly #sent = new Map<string, Sent<What>>();

	/** @param append settles when the text is stored under the tag, or never will be, as far as is known */
	add(what: What, append: (tag: string) => Promise<StoredAt>): Promise<StoredAt> {
		const tag = this.#unusedTag();
		const sent: Sent<What> = { what, at: undefined, isElsewhere: false };
		this.#sent.set(tag, sent);
		return append(tag).then(
			(at) => {
				sent.at = at;
				if (!at.isNew) this.#sent.delete(tag);
				return at;
			},
			(error) => {
				this.#sent.delete(tag);
				throw error;
			},
		);
	}

	/** Call when a text of this process arrives. @returns `undefined` if it was given up, or has arrived before */
	take(tag: string): What | undefined {
		const sent = this.#sent.get(tag);
		this.#sent.delete(tag);
		return sent?.what;
	}

	/** What can still arrive behind a position, as far as is known, in the order of `add`. */
	*after({ epoch, sequence }: Position): Iterable<What> {
		for (const { what, at } of this.#sent.values()) {
			if (at === undefined || (at.epoch === epoch && at.sequence > sequence)) yield what;
		}
	}

	/**
	 * Forgets texts that the engine acknowledged and then lost. `position`: everything up to there has arrived, so a text at or
	 * before it will no longer arrive. Nor will one in another log, unless that log has just replaced this one; the next call
	 * decides.
	 */
	forgetLost({ epoch, sequence }: Position): void {
		for (const [tag, sent] of this.#sent) {
			const { at } = sent;
			if (at === undefined) continue;
			if (at.epoch === epoch ? at.sequence <= sequence : sent.isElsewhere) this.#sent.delete(tag);
			sent.isElsewhere = at.epoch !== epoch;
		}
	}

	#unusedTag(): string {
		for (;;) {
			const tag = newTag();
			if (!this.#sent.has(tag)) return tag;
		}
	}
}
