/**
 * The writer: this process as one of those that append to an engine's log. It knows more of what it has appended than the log
 * does, until that arrives here.
 */
import { nanoid } from "nanoid";
import type { SSEError } from "../checks/errors.js";
import type { Command } from "../event-log/command.js";
import type { Appended } from "../event-log/event-log.js";
import type { LogEntry } from "../event-log/record.js";
import type { RetentionRules } from "../event-log/retention.js";
import type { Position } from "../wire/cursor.js";
import { AppendQueue, type Refusal } from "./append-queue.js";
import type { LogEngine, StoredAt, Storing } from "./log-engine.js";
import { encodeCommand, encodeEntry } from "./log-format.js";
import { newTag } from "./recent-tags.js";

/** What has been appended. */
interface Sent {
	readonly entry: LogEntry;
	/** Where it is, once the engine has answered. */
	at: StoredAt | undefined;
}

export class LogWriter {
	/** What this process is known by in the log. */
	readonly id = nanoid(10);
	readonly #rules: RetentionRules;
	readonly #appends: AppendQueue;
	/** What has not arrived here yet, by its tag. */
	readonly #sent = new Map<string, Sent>();

	/** @param timeoutMs of one append. 0: without limit */
	constructor(engine: LogEngine, rules: RetentionRules, timeoutMs: number) {
		this.#rules = rules;
		this.#appends = new AppendQueue(engine, timeoutMs);
	}

	/**
	 * @throws at once RangeError when its text would be longer than a string can be; (rejects) `ERR_SSE_LOG_BUSY`,
	 * `ERR_SSE_TIMEOUT`, `ERR_SSE_LOG_FAILED`
	 */
	append(entry: LogEntry): Promise<Appended> {
		return this.#append(entry, encodeEntry(this.id, entry));
	}

	/** @throws (rejects) as `append`, and TypeError when it cannot be made into JSON */
	async tell(command: Command): Promise<StoredAt> {
		const text = encodeCommand(this.id, command);
		return this.#appends.add({ text, tag: this.#unusedTag() });
	}

	/** Append what is neither an event nor a command: whoever reads it passes over it. @throws (rejects) as `append` */
	appendNothing(): Promise<StoredAt> {
		return this.#appends.add({ text: "{}", tag: this.#unusedTag() });
	}

	/** `undefined` while the engine takes what is appended, or before it was asked to. */
	get refusal(): Refusal | undefined {
		return this.#appends.refusal;
	}

	/** What has arrived: it is forgotten. @returns `undefined` when it is another process's */
	take(writer: string, tag: string): LogEntry | undefined {
		if (writer !== this.id) return undefined;
		const sent = this.#sent.get(tag);
		this.#sent.delete(tag);
		return sent?.entry;
	}

	/** The log has broken off, and goes on from a position: what is before that, or in another log, will not arrive. */
	forget({ epoch, sequence }: Position): void {
		for (const [tag, { at }] of this.#sent) {
			if (at !== undefined && (at.epoch !== epoch || at.sequence <= sequence))
				this.#sent.delete(tag);
		}
	}

	/** The log is followed from now on: what is appended can go. */
	release(): void {
		this.#appends.release();
	}

	/** It is not, for a reason: whoever waits for that is told. */
	refuseHeld(reason: SSEError): void {
		this.#appends.refuseHeld(reason);
	}

	/** Resolves when nothing is on its way to the engine. */
	idle(): Promise<void> {
		return this.#appends.idle();
	}

	async #append(entry: LogEntry, text: string): Promise<Appended> {
		const { fields, idempotencyKey } = entry;
		const ownId = fields.id;
		const tag = this.#unusedTag();
		const sent: Sent = { entry, at: undefined };
		this.#sent.set(tag, sent);
		try {
			const latest = this.#stateOf(entry);
			sent.at = await this.#appends.add({ text, tag, ownId, idempotencyKey, latest });
		} finally {
			// It will not arrive.
			if (!sent.at?.isNew) this.#sent.delete(tag);
		}
		const { at } = sent;
		const { epoch, sequence } = at;
		return { epoch, sequence, tag: at.tag, ownId: at.isNew ? ownId : at.ownId };
	}

	#unusedTag(): string {
		for (;;) {
			const tag = newTag();
			if (!this.#sent.has(tag)) return tag;
		}
	}

	/** The state that an event is to be kept in besides the log, if it is of one. */
	#stateOf({ target, key = "" }: LogEntry): Storing["latest"] {
		const { client, group, exceptClient } = target;
		if (group === undefined || client !== undefined) return undefined;
		const { latest = false, maxEvents = 0 } = this.#rules.ofGroups.get(group) ?? {};
		if (!latest) return undefined;
		return { group, key: JSON.stringify([key, exceptClient]), max: maxEvents };
	}
}
