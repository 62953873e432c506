/**
 * The messages that one reader of a run is sent, one by one, from its position to the end of the run.
 *
 * An async iterator of which `next` answers at once if there is nothing to wait for: `for await` and a pipe take that, and a promise
 * for each message costs as much as the message.
 */
import { SSEError } from "../checks/errors.js";
import type { SSEMessage } from "../types/message.js";
import type { FoldRules } from "./fold.js";
import { folded } from "./folded-run.js";
import type { Beginning } from "./run-beginning.js";
import { endEntry } from "./run-end.js";
import type { LastRead } from "./run-mark.js";
import { entryMessages, gapMessages, stateMessages } from "./run-messages.js";
import { type RunPage, readRun } from "./run-reader.js";
import type { RunStatus, RunStore } from "./run-store.js";
import type { RunCodec } from "./run-types.js";

export interface MessagesHost {
	readonly store: RunStore;
	readonly fold: FoldRules | undefined;
	onError(error: unknown): void;
}

const NOTHING: RunPage = { from: 1, entries: [] };

type Step = IteratorResult<SSEMessage, void>;

/** A call of `next` must not overlap another. */
export class ReaderMessages implements AsyncIterable<SSEMessage, void> {
	readonly #host: MessagesHost;
	#status: RunStatus;
	#beginning: Beginning;
	readonly #codec: RunCodec;
	readonly #signal: AbortSignal;
	/** What is sent next: from `#at` on. */
	#messages: readonly SSEMessage[] = [];
	#at = 0;
	/** What is encoded next: the entries of the page from `#index` on. */
	#page = NOTHING;
	#index = 0;
	#pages: AsyncGenerator<RunPage, boolean> | undefined;
	#last: LastRead = { mark: undefined, isReplaced: false };
	/** The mark of the event that was encoded last. */
	#mark: string | undefined;
	#isOver = false;

	constructor(
		host: MessagesHost,
		status: RunStatus,
		beginning: Beginning,
		codec: RunCodec,
		signal: AbortSignal,
	) {
		this.#host = host;
		this.#status = status;
		this.#beginning = beginning;
		this.#codec = codec;
		this.#signal = signal;
	}

	[Symbol.asyncIterator](): AsyncIterator<SSEMessage, void> {
		return this as unknown as AsyncIterator<SSEMessage, void>;
	}

	next(): Step | Promise<Step> {
		try {
			const value = this.#taken();
			return value === undefined ? this.#read() : { done: false, value };
		} catch (error) {
			return this.#failed(error);
		}
	}

	async return(): Promise<Step> {
		this.#isOver = true;
		await this.#pages?.return(true);
		return { done: true, value: undefined };
	}

	/** Nobody closes an iterator that has thrown. */
	async #failed(error: unknown): Promise<never> {
		await this.return();
		throw error;
	}

	/** The next message of those that were read. */
	#taken(): SSEMessage | undefined {
		for (;;) {
			const message = this.#messages[this.#at++];
			if (message !== undefined) return message;
			const { from, entries } = this.#page;
			const entry = entries[this.#index];
			if (entry === undefined) {
				this.#page = NOTHING;
				return undefined;
			}
			const { id, attempt } = this.#status;
			if (entry.end === undefined) this.#mark = entry.mark;
			const position = { id, attempt, sequence: from + this.#index++, mark: this.#mark };
			this.#messages = entryMessages(entry, position, this.#codec);
			this.#at = 0;
		}
	}

	async #read(): Promise<Step> {
		try {
			while (!this.#isOver) {
				await this.#turnPage();
				const value = this.#taken();
				if (value !== undefined) return { done: false, value };
			}
			return { done: true, value: undefined };
		} catch (error) {
			return this.#failed(error);
		}
	}

	async #turnPage(): Promise<void> {
		if (this.#pages === undefined) {
			this.#pages = await this.#begin();
			return;
		}
		const step = await this.#pages.next();
		if (step.done === true) {
			if (this.#last.isReplaced) await this.#beginAgain();
			else this.#isOver = true;
			if (this.#isOver && !step.value) await this.#addLoss();
		} else {
			this.#page = step.value;
			this.#index = 0;
		}
	}

	/**
	 * The store has lost what was sent, and has other events in its place.
	 *
	 * @throws (rejects) if the codec has no word for it, because the client would add the run to what it has
	 */
	async #beginAgain(): Promise<void> {
		const { store } = this.#host;
		if (gapMessages("invalid", undefined, this.#codec).length === 0) {
			const what = `The store has lost events of the run ${this.#status.id}, which were sent, and has others`;
			throw new SSEError("ERR_SSE_RUN_UNKNOWN", what);
		}
		const status = await store.settle(this.#status.id);
		this.#isOver = status?.attempt !== this.#status.attempt;
		this.#status = status ?? this.#status;
		this.#beginning = { from: 1, gap: "invalid" };
		this.#pages = undefined;
	}

	/** The store lacks what follows. If the run is over, its end is sent all the same: without it, a client comes back for ever. */
	async #addLoss(): Promise<void> {
		const { id, attempt } = this.#status;
		const gap = gapMessages("expired", undefined, this.#codec);
		this.#add(gap);
		const status = await this.#host.store.settle(id);
		if (status?.attempt !== attempt || status.state === "running" || gap.length === 0) return;
		const end = endEntry(status.state, status.reason);
		const position = { id, attempt, sequence: status.sequence, mark: "" };
		this.#add(entryMessages(end, position, this.#codec));
	}

	/** Tells of a gap, and sends the state instead of what led to it. @returns the pages that follow */
	async #begin(): Promise<AsyncGenerator<RunPage, boolean>> {
		const { store, fold, onError } = this.#host;
		const { id, attempt } = this.#status;
		const { from, gap } = this.#beginning;
		if (gap !== undefined) this.#add(gapMessages(gap, { id, attempt, sequence: 0 }, this.#codec));
		let next = from;
		this.#mark = this.#beginning.mark;
		if (fold !== undefined && from === 1) {
			const state = await folded(store, fold, this.#status);
			if (state.count > 0) {
				this.#mark = state.mark;
				const position = { id, attempt, sequence: state.count, mark: state.mark };
				this.#add(stateMessages(state.render(), position, this.#codec));
				next = state.count + 1;
			}
		}
		this.#last = { mark: this.#mark, isReplaced: false };
		return readRun(store, this.#status, next, this.#signal, onError, this.#last);
	}

	#add(messages: readonly SSEMessage[]): void {
		this.#messages = [...this.#messages.slice(this.#at), ...messages];
		this.#at = 0;
	}
}
