/**
 * The engine: a log for several processes in NATS JetStream, on a connection of the application.
 */
import {
	appendUnlessRefused,
	checkSize,
	type LogEngine,
	type Newest,
	type Position,
	type Stored,
	type StoredAt,
	type Storing,
} from "sse-service/engine";
import { append } from "./append.js";
import { decodeEntry } from "./entry.js";
import { follow } from "./follow.js";
import { JetStream } from "./jetstream.js";
import { Latest } from "./latest.js";
import { type Log, LogStream } from "./log-stream.js";
import type { ResolvedOptions } from "./options.js";
import { Posts } from "./posts.js";
import { purgeOld } from "./purge-old.js";
import { readLog } from "./read.js";
import { Requests } from "./requests.js";
import { warningsOf } from "./warnings.js";

// The newest message may be removed, or belong to another log, before it is read.
const ATTEMPTS = 5;

// The most that JetStream and this package add to a text: its subject, its metadata, and an application's id.
const OVERHEAD_BYTES = 1_024;

export class NatsEngine implements LogEngine {
	readonly name = "NATS";
	readonly #options: ResolvedOptions;
	readonly #requests: Requests;
	readonly #jetStream: JetStream;
	readonly #stream: LogStream;
	readonly #latest: Latest;
	readonly #posts: Posts;
	readonly #closing = new AbortController();
	/** The position followed last. */
	#taken: Position | undefined;
	/** The server's clock as last received, and the `performance.now()` of that moment. */
	#clock: { readonly now: number; readonly at: number } | undefined;
	#warn: (message: string) => void = () => {};

	constructor(options: ResolvedOptions) {
		const { connection, inboxPrefix, apiPrefix } = options;
		this.#options = options;
		this.#requests = new Requests(connection, inboxPrefix);
		this.#jetStream = new JetStream(this.#requests, apiPrefix);
		this.#stream = new LogStream(this.#jetStream, options);
		this.#latest = new Latest(this.#jetStream, this.#stream, options);
		this.#posts = new Posts(this.#jetStream, options);
	}

	async open(warn: (message: string) => void): Promise<void> {
		this.#warn = warn;
		this.#requests.open();
		const account = await this.#jetStream.account();
		const [{ log, config }] = await Promise.all([this.#stream.look(), this.#posts.open()]);
		await this.#latest.open(log);
		for (const warning of warningsOf(this.#options, account, config)) warn(warning);
	}

	async newest(): Promise<Newest> {
		const position = await this.#newest();
		if (this.#clock === undefined) return position;
		return { ...position, now: this.#clock.now + performance.now() - this.#clock.at };
	}

	async #newest(): Promise<Position> {
		for (let left = ATTEMPTS; left > 0; left--) {
			const { log, state, ts } = await this.#stream.look();
			if (ts !== undefined) this.#seeClock(ts);
			const { epoch, subjects } = log;
			const { first_seq, last_seq: sequence } = state;
			if (sequence < Math.max(1, first_seq)) return this.#purged({ epoch, sequence, tag: "0" });
			const [kept] = await this.#jetStream.messages(this.#stream.name, [{ seq: sequence }]);
			if (kept === undefined || !subjects.has(kept.subject)) continue;
			return { epoch, sequence, tag: decodeEntry(kept).tag };
		}
		throw new Error(`The newest event of the stream ${this.#stream.name} cannot be read`);
	}

	append(entries: readonly Storing[]): Promise<readonly (StoredAt | Error)[]> {
		const { maxBytes } = this.#options;
		return appendUnlessRefused(
			entries,
			({ text }) => checkSize(this, Buffer.byteLength(text) + OVERHEAD_BYTES, maxBytes),
			(fit) => this.#append(fit),
		);
	}

	async #append(entries: readonly Storing[]): Promise<readonly (StoredAt | Error)[]> {
		if (entries.length === 0) return [];
		const mirrors: Promise<void>[] = [];
		const onLog = (log: Log): void => {
			for (const { latest } of entries) {
				if (latest === undefined) continue;
				// The log has stored the event even if the mirror fails; the next append retries the mirror.
				const mirror = this.#latest.onAppend(log, latest);
				mirrors.push(mirror.catch((error) => this.#worry(error)));
			}
		};
		const answers = await append(this.#jetStream, this.#stream, entries, onLog);
		await Promise.all(mirrors);
		return answers;
	}

	read(from: number, limit: number): Promise<readonly Stored[]> {
		return readLog(this.#jetStream, this.#stream, from, limit);
	}

	/** Follows on the application's connection. Missing heartbeats reveal a stalled one. */
	follow(
		after: number,
		take: (stored: readonly Stored[]) => void,
		signal: AbortSignal,
	): Promise<void> {
		const either = AbortSignal.any([signal, this.#closing.signal]);
		const onTaken = (position: Position): void => {
			this.#taken = position;
		};
		const onClock = (now: string): void => this.#seeClock(now);
		return follow(this.#jetStream, this.#stream, { after, take, onTaken, onClock }, either);
	}

	latest(group: string): Promise<readonly Stored[]> {
		return this.#latest.read(group);
	}

	async tidy(): Promise<void> {
		await purgeOld(this.#jetStream, this.#stream, this.#options.maxAgeMs);
		await this.#latest.tidy();
	}

	post(name: string, text: string, ttlMs: number): Promise<void> {
		return this.#posts.post(name, text, ttlMs);
	}

	posted(): Promise<ReadonlyMap<string, string>> {
		return this.#posts.posted();
	}

	async close(): Promise<void> {
		this.#closing.abort();
		this.#requests.close();
	}

	#seeClock(now: string): void {
		this.#clock = { now: Date.parse(now), at: performance.now() };
	}

	/** JetStream knows only the sequence of purged messages. A process that has followed the log still knows the tag. */
	#purged(newest: Position): Position {
		const { epoch, sequence } = this.#taken ?? {};
		const isTaken = epoch === newest.epoch && sequence === newest.sequence;
		return isTaken ? (this.#taken ?? newest) : newest;
	}

	#worry(error: unknown): void {
		const why = error instanceof Error ? error.message : String(error);
		this.#warn(`The newest events of groups are not kept besides the log: ${why}`);
	}
}
