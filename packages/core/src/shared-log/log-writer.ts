/**
 * The writer: appends to an engine's log for this process. Until an event arrives here, the writer holds what only this
 * process knows about it.
 */

import type { SSEError } from "../checks/errors.js";
import { randomId } from "../checks/random-id.js";
import type { Command, Lasting } from "../event-log/command.js";
import type { Appended, Deliver, LogHost } from "../event-log/event-log.js";
import type { LogEntry } from "../event-log/record.js";
import type { RetentionRules } from "../event-log/retention.js";
import type { Audience } from "../types/target.js";
import type { Position } from "../wire/cursor.js";
import { AppendQueue, type Refusal } from "./append-queue.js";
import { type Keeping, KeptGroups } from "./kept-groups.js";
import { isLasting, type Order, ordersOn } from "./later-commands.js";
import type { Stored, StoredAt, Storing } from "./log-engine.js";
import { encodeCommand, encodeEntry, encodeKeeping } from "./log-format.js";
import { newTag } from "./recent-tags.js";
import { Unarrived } from "./unarrived.js";

/** How many commands that were given up are remembered: those of the last outage. */
const MAX_GIVEN_UP = 1_000;

/** A command that has arrived, with the process that appended it. */
export interface ArrivedCommand {
	readonly writer: string;
	readonly stored: Stored;
	readonly position: Position;
	readonly command: Command;
}

export class LogWriter {
	/** The id of this process in the log. */
	readonly id = randomId(10);
	readonly #kept: KeptGroups;
	readonly #appends: AppendQueue;
	readonly #events = new Unarrived<Deliver | undefined>();
	readonly #commands = new Unarrived<Lasting>();
	/** Commands that were given up, by their tags. The log may have stored them nevertheless. */
	readonly #givenUp = new Map<string, Lasting>();

	/** Whether the other processes know what this process keeps. */
	#isKeptKnown = true;

	/** @param queue as of an `AppendQueue` */
	constructor(rules: RetentionRules, ...queue: ConstructorParameters<typeof AppendQueue>) {
		this.#kept = new KeptGroups(rules);
		this.#appends = new AppendQueue(...queue);
	}

	/**
	 * @throws RangeError at once if its text would exceed the maximum string length; (rejects) `ERR_SSE_LOG_BUSY`,
	 * `ERR_SSE_TIMEOUT`, `ERR_SSE_LOG_FAILED`
	 */
	append(entry: LogEntry, deliver?: Deliver): Promise<Appended> {
		const latest = this.#stateOf(entry);
		const text = encodeEntry(this.id, entry, latest !== undefined);
		const { fields, idempotencyKey } = entry;
		const ownId = fields.id;
		return this.#events
			.add(deliver, (tag) => this.#appends.add({ text, tag, ownId, idempotencyKey, latest }))
			.then((at) => {
				if (!this.#isKeptKnown) {
					this.#isKeptKnown = true;
					this.#announceKept(true);
				}
				const { epoch, sequence, tag } = at;
				return { epoch, sequence, tag, ownId: at.isNew ? ownId : at.ownId };
			});
	}

	/** @throws (rejects) like `append`; TypeError if JSON cannot represent the command */
	async tell(command: Command): Promise<StoredAt> {
		const text = encodeCommand(this.id, command);
		if (!isLasting(command)) return this.#appends.add({ text, tag: newTag() });
		return this.#commands.add(command, (tag) =>
			this.#appends.add({ text, tag }).catch((error: unknown) => {
				const [oldest = ""] = this.#givenUp.keys();
				if (this.#givenUp.size === MAX_GIVEN_UP) this.#givenUp.delete(oldest);
				this.#givenUp.set(tag, command);
				throw error;
			}),
		);
	}

	/** Appends a text that is neither an event nor a command; readers skip it. @throws (rejects) like `append` */
	appendNothing(): Promise<StoredAt> {
		return this.#appends.add({ text: "{}", tag: newTag() });
	}

	/** `undefined` while the engine accepts appends, or before the first one. */
	get refusal(): Refusal | undefined {
		return this.#appends.refusal;
	}

	/** Returns and forgets the delivery of an arrived event. @returns `undefined` if another process appended it */
	take(writer: string, stored: Stored): Deliver | undefined {
		return writer === this.id ? this.#events.take(ownTagOf(stored)) : undefined;
	}

	/**
	 * What to carry out here when a command arrives. This process did what it gave itself at once; only what it gave up, and the
	 * log has stored anyway, is carried out where the log has it.
	 */
	ordersFor({ writer, stored, command, position }: ArrivedCommand): readonly Order[] {
		let given: Lasting | undefined;
		if (writer === this.id) {
			const tag = ownTagOf(stored);
			if (!isLasting(command) || this.#commands.take(tag)) return [];
			given = this.#givenUp.get(tag);
			this.#givenUp.delete(tag);
		}
		return ordersOn(given ?? command, [...this.#commands.after(position)]);
	}

	/** Call each time the engine confirms that the followed log is the current one, with the position that has arrived. */
	forgetLost(position: Position): void {
		this.#events.forgetLost(position);
		this.#commands.forgetLost(position);
	}

	/** Call when the log is followed: appends are sent from now on, and the other processes hear what this one keeps. */
	release(): void {
		this.#appends.release();
		if (this.#kept.own.length > 0) this.#announceKept(true);
	}

	/** Call with what another process keeps. */
	hear(keeping: Keeping, host: Pick<LogHost, "onError">): void {
		const { differs, error } = this.#kept.hear(keeping);
		if (error !== undefined) host.onError(error);
		// It does not know what this process announced when it started.
		if (differs && keeping.isNew) this.#announceKept(false);
	}

	/** Call with each event of the log that is not stored as the newest of its key. */
	onPlain(writer: string, target: Audience, host: Pick<LogHost, "onError">): void {
		if (writer === this.id) return;
		const error = this.#kept.check(writer, target);
		if (error === undefined) return;
		host.onError(error);
		this.#announceKept(false);
	}

	#announceKept(isNew: boolean): void {
		const text = encodeKeeping(this.id, { groups: this.#kept.own, isNew });
		this.#appends.add({ text, tag: newTag() }).then(
			() => {
				this.#isKeptKnown = true;
			},
			// The next append tries again.
			() => {
				this.#isKeptKnown = false;
			},
		);
	}

	/** Call when the log cannot be followed: waiting appends reject with the reason. */
	refuseHeld(reason: SSEError): void {
		this.#appends.refuseHeld(reason);
	}

	/** Resolves when no append is pending. */
	idle(): Promise<void> {
		return this.#appends.idle();
	}

	/** Where an event is also kept as the newest of its key, if its group has `latest` in any process. */
	#stateOf({ target, key = "" }: LogEntry): Storing["latest"] {
		const { client, group, exceptClient } = target;
		if (group === undefined || client !== undefined) return undefined;
		const place = this.#kept.placeOf(group);
		if (place === undefined) return undefined;
		const { name, max } = place;
		// The groups of a pattern are kept as one, so that its limit is for all of them together.
		const names = name === group ? [key, exceptClient] : [key, exceptClient, group];
		return { group: name, key: JSON.stringify(names), max };
	}
}

/** Reading `ownTag` may compute it: only for a text of this process. */
function ownTagOf({ tag, ownTag = tag }: Stored): string {
	return ownTag;
}
