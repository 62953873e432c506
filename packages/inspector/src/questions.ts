/**
 * What pages ask of other processes: the questions of the pages here, and those of pages in other processes, which this process
 * answers with each post.
 */
import { createHash } from "node:crypto";
import { type Ask, type Call, MAX_ASKS } from "./peer-texts.js";

/** A question that no page has repeated for this long is not asked further. */
const ASKED_MS = 8_000;
/** How long a process posts after a call. */
const CALLED_MS = 30_000;
/** Processes for which this one posts. */
const MAX_CALLERS = 20;
/** Questions that a post answers, of all callers: each searches every connection. The newest calls come first. */
const MAX_ANSWERED = 16;

/** The questions of the pages here. */
export class Questions {
	readonly #asked = new Map<string, { readonly ask: Ask; readonly usedAt: number }>();

	/** @returns the key of the question in the answers, and whether no page has asked it lately */
	add(ask: Ask, now: number): { key: string; isNew: boolean } {
		const key = createHash("sha256").update(JSON.stringify(ask)).digest("base64url");
		const isNew = !this.#asked.delete(key);
		this.#asked.set(key, { ask, usedAt: now });
		const [oldest = ""] = this.#asked.keys();
		if (this.#asked.size > MAX_ASKS) this.#asked.delete(oldest);
		return { key, isNew };
	}

	/** By key. */
	all(now: number): Map<string, Ask> {
		for (const [key, { usedAt }] of this.#asked) {
			if (now - usedAt > ASKED_MS) this.#asked.delete(key);
		}
		return new Map(Array.from(this.#asked, ([key, { ask }]) => [key, ask]));
	}
}

/** The processes with an open page, for which this one posts. */
export class Callers {
	readonly #calls = new Map<string, { readonly call: Call; readonly until: number }>();

	/** @returns whether there is room for it */
	take(call: Call, now: number): boolean {
		this.#calls.delete(call.from);
		if (!this.isEmpty(now) && this.#calls.size >= MAX_CALLERS) return false;
		this.#calls.set(call.from, { call, until: now + CALLED_MS });
		return true;
	}

	isEmpty(now: number): boolean {
		for (const [from, { until }] of this.#calls) if (until <= now) this.#calls.delete(from);
		return this.#calls.size === 0;
	}

	/** The questions of all callers to the process with this id, by key. */
	asksFor(id: string): Map<string, Ask> {
		const asks = new Map<string, Ask>();
		for (const { call } of [...this.#calls.values()].reverse()) {
			for (const [key, ask] of call.asks) {
				const isForThis = ask.process === undefined || ask.process === id;
				if (isForThis && asks.size < MAX_ANSWERED) asks.set(key, ask);
			}
		}
		return asks;
	}
}
