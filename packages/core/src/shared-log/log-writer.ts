/**
 * The writer: this process as one of those that append to an engine's log. Until an event arrives here, the writer holds what
 * only this process knows of it.
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
	/** It was in another log than the one followed when `forgetLost` last looked. */
	isElsewhere: boolean;
}

export class LogWriter {
	/** What this process is known by in the log. */
	readonly id = nanoid(10);
	readonly #rules: RetentionRules;
	readonly #appends: AppendQueue;
	/** Appended events that have not arrived here yet, by their tag. */
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

	/** Append what is neither an event nor a command: readers skip it. @throws (rejects) as `append` */
	appendNothing(): Promise<StoredAt> {
		return this.#appends.add({ text: "{}", tag: this.#unusedTag() });
	}

	/** `undefined` while the engine takes what is appended, or before it was asked to. */
	get refusal(): Refusal | undefined {
		return this.#appends.refusal;
	}

	/** An event has arrived, and is forgotten. @returns `undefined` if another process appended it */
	take(writer: string, tag: string): LogEntry | undefined {
		if (writer !== this.id) return undefined;
		const sent = this.#sent.get(tag);
		this.#sent.delete(tag);
		return sent?.entry;
	}

	/**
	 * Forget events that were acknowledged and then lost by the engine. Called each time the engine has answered that the log
	 * followed is the one that there is, with the position up to which everything has arrived: an event at or before it will not
	 * arrive. One in another log will not either, unless that log has just replaced this one: the next answer decides.
	 */
	forgetLost({ epoch, sequence }: Position): void {
		for (const [tag, sent] of this.#sent) {
			const { at } = sent;
			if (at === undefined) continue;
			if (at.epoch === epoch ? at.sequence <= sequence : sent.isElsewhere) this.#sent.delete(tag);
			sent.isElsewhere = at.epoch !== epoch;
		}
	}

	/** The log is followed from now on: appends are sent. */
	release(): void {
		this.#appends.release();
	}

	/** The log cannot be followed, for a reason: waiting appends reject with it. */
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
		const sent: Sent = { entry, at: undefined, isElsewhere: false };
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

	/** The newest events that an event belongs to besides the log, if its group keeps them. */
	#stateOf({ target, key = "" }: LogEntry): Storing["latest"] {
		const { client, group, exceptClient } = target;
		if (group === undefined || client !== undefined) return undefined;
		const { latest = false, maxEvents = 0 } = this.#rules.ofGroups.get(group) ?? {};
		if (!latest) return undefined;
		return { group, key: JSON.stringify([key, exceptClient]), max: maxEvents };
	}
}
