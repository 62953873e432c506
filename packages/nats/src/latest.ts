/**
 * The newest event of each key, in groups that keep them: a mirror of the log with one message per subject, independent of the
 * log's limits. JetStream copies messages into it, in order and with their sequence, so nothing is written twice, and a process
 * that ends between two writes, or is late, cannot corrupt it.
 */
import type { Stored, Storing } from "sse-service/engine";
import { decodeDescription, encodeDescription } from "./description.js";
import { decodeEntry, type Entry, toStored } from "./entry.js";
import { findOrMake } from "./find-or-make.js";
import type { JetStream, Kept } from "./jetstream.js";
import type { StreamConfig } from "./jetstream-api.js";
import { bound, type Log, type LogStream } from "./log-stream.js";
import type { ResolvedOptions } from "./options.js";
import { takeSnapshot } from "./snapshot.js";
import { streamNames } from "./subjects.js";

const ATTEMPTS = 5;

// Excess keys of groups removed at a time.
const MAX_REMOVED = 500;

export class Latest {
	readonly #jetStream: JetStream;
	readonly #stream: LogStream;
	readonly #options: ResolvedOptions;
	readonly #name: string;
	/** The groups that this process has stored events of, with the number of keys that each keeps. */
	readonly #groups = new Map<string, number>();
	#mirrored: { readonly token: string; readonly made: Promise<void> } | undefined;

	constructor(jetStream: JetStream, stream: LogStream, options: ResolvedOptions) {
		this.#jetStream = jetStream;
		this.#stream = stream;
		this.#options = options;
		this.#name = streamNames(options.prefix).latest;
	}

	/**
	 * Check what is there.
	 *
	 * @throws (rejects) `ERR_SSE_LOG_VERSION` when it has another format
	 */
	async open(log: Log): Promise<void> {
		const found = await this.#jetStream.stream(this.#name);
		if (found === undefined || decodeDescription("latest", found.config) !== log.token) return;
		await this.#newest(log, log.subjects.all);
	}

	/** Call before storing an event of a group. @returns settles once the mirror exists; it begins with the log's current content */
	onAppend(log: Log, { group, max }: NonNullable<Storing["latest"]>): Promise<void> {
		this.#groups.set(group, max);
		return this.#mirror(log);
	}

	/** As `latest` of an engine. */
	async read(group: string): Promise<readonly Stored[]> {
		const { log } = await this.#stream.look();
		await this.#mirror(log);
		const newest = await this.#newest(log, log.subjects.states(group));
		const { max = Infinity } = newest.at(-1)?.more ?? {};
		return newest.slice(-max).map(toStored);
	}

	/** Removes the oldest keys of groups that have too many. */
	async tidy(): Promise<void> {
		if (this.#groups.size === 0) return;
		const { log } = await this.#stream.look();
		await this.#mirror(log);
		let left = MAX_REMOVED;
		for (const [group, max] of this.#groups) {
			const states = log.subjects.states(group);
			const info = await this.#jetStream.stream(this.#name, states);
			// Somebody has removed it.
			if (info === undefined) this.#mirrored = undefined;
			if (Object.keys(info?.state.subjects ?? {}).length <= max) continue;
			const { messages = [] } = (await takeSnapshot(this.#jetStream, this.#name, states)) ?? {};
			for (const { sequence, subject } of messages.toSorted(bySequence).slice(0, -max)) {
				// A key that was replaced meanwhile stays.
				if (left-- > 0) await this.#jetStream.purge(this.#name, sequence + 1, subject);
			}
		}
	}

	/** The newest entry of each of these subjects, in the order of the log. */
	async #newest(log: Log, subjects: string): Promise<readonly Entry[]> {
		// The order matters: what the mirror has was in the log before, and the log is read after it.
		const mirror = await takeSnapshot(this.#jetStream, this.#name, subjects);
		const stored = await takeSnapshot(this.#jetStream, this.#stream.name, subjects);
		const { state } = await this.#stream.look();
		if (stored === undefined) throw new Error(`The stream ${this.#stream.name} no longer exists`);
		// Somebody has removed it.
		if (mirror === undefined) this.#mirrored = undefined;
		const newest = new Map(stored.messages.map((kept) => [kept.subject, kept]));
		let isAstray = false;
		for (const kept of mirror?.messages ?? []) {
			const known = newest.get(kept.subject);
			if (kept.sequence < state.first_seq) newest.set(kept.subject, known ?? kept);
			else if (!isOrPrecedes(kept, known)) isAstray = true;
		}
		if (isAstray) {
			// The log has lost what it had, as after a crash, and the mirror has not.
			await this.#jetStream.deleteStream(this.#name);
			this.#mirrored = undefined;
			await this.#mirror(log);
		}
		return [...newest.values()].sort(bySequence).map(decodeEntry);
	}

	#mirror(log: Log): Promise<void> {
		const { token } = log;
		if (this.#mirrored?.token === token) return this.#mirrored.made;
		const mirrored = { token, made: this.#make(token) };
		this.#mirrored = mirrored;
		mirrored.made.catch(() => {
			if (this.#mirrored === mirrored) this.#mirrored = undefined;
		});
		return mirrored.made;
	}

	async #make(token: string): Promise<void> {
		for (let left = ATTEMPTS; left > 0; left--) {
			const { config } = await findOrMake(this.#jetStream, this.#config(token));
			if (decodeDescription("latest", config) === token) return;
			// It mirrors a log that no longer exists.
			await this.#jetStream.deleteStream(this.#name);
		}
		throw new Error(`The stream ${this.#name} keeps being deleted`);
	}

	#config(token: string): StreamConfig {
		const { maxBytes, storage, replicas } = this.#options;
		return {
			name: this.#name,
			description: encodeDescription("latest", token),
			mirror: { name: this.#stream.name },
			retention: "limits",
			discard: "old",
			max_msgs_per_subject: 1,
			max_bytes: bound(maxBytes),
			storage,
			num_replicas: replicas,
		};
	}
}

function isOrPrecedes(one: Kept, other: Kept | undefined): boolean {
	if (other === undefined || one.sequence > other.sequence) return false;
	return one.sequence < other.sequence || one.payload.equals(other.payload);
}

function bySequence(one: Kept, other: Kept): number {
	return one.sequence - other.sequence;
}
