/**
 * The inspectors of the other processes that share the event log. While a page is open anywhere, every process posts its figures,
 * and the answers to what pages ask. Without an open page nothing is posted, and nothing is read.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { SharedLog } from "sse-service/adapter";
import { atMost, LOOK_MS, soon } from "./in-time.js";
import { KnownPeers, type Peer } from "./known-peers.js";
import { PeerMail } from "./peer-mail.js";
import {
	type Answer,
	type Ask,
	encodeCall,
	encodeEnd,
	encodePost,
	type Post,
	readCall,
	readEnd,
} from "./peer-texts.js";
import { Callers, Questions } from "./questions.js";
import { wordsOf } from "./timeline.js";

const POST_EVERY_MS = 2_000;
/** Two posts may be lost before a live process counts as gone. */
const TTL_MS = 6_500;
/** How often a process with an open page calls. */
const CALL_EVERY_MS = 10_000;
/** How long a process counts as watched after a request of a page whose stream is elsewhere. */
const WATCHED_MS = 10_000;
/** What others post after the first call is there by then. */
const FIRST_POSTS_MS = 500;
const ANSWER_TIMEOUT_MS = 1_500;
/** An engine that does not answer must not keep an inspector from closing. */
const CLOSE_TIMEOUT_MS = 1_000;

/** What the inspector of this process says and does. */
export interface PeersHost {
	readonly id: string;
	readonly service: unknown;
	post(asks: ReadonlyMap<string, Ask>): Omit<Post, "isLast">;
	/** Another process asks to end a connection of this one. */
	end(key: number): void;
}

export class Peers {
	readonly #mail: PeerMail;
	readonly #host: PeersHost;
	readonly #callers = new Callers();
	readonly #questions = new Questions();
	readonly #known = new KnownPeers();
	#watchedUntil = -Infinity;
	#calledAt = -Infinity;
	#postedAt = -Infinity;
	#lookedAt = -Infinity;
	/** Since a page is open here. */
	#firstCalledAt: number | undefined;
	/** When the posts of others were read, since a page is open here. */
	#readAt: number | undefined;
	#failure: string | undefined;
	#calling: Promise<void> | undefined;
	#posting: Promise<void> | undefined;
	#looking: Promise<void> | undefined;

	constructor(shared: SharedLog, host: PeersHost) {
		this.#host = host;
		this.#mail = new PeerMail(shared, host.id, host.service, (text) => this.#onSignal(text));
	}

	/** Call each second. @param hasPage whether the stream of a page is open here */
	tick(hasPage: boolean): void {
		const now = performance.now();
		if (!this.#callers.isEmpty(now) && now - this.#postedAt >= POST_EVERY_MS) void this.#post();
		if (!hasPage && now >= this.#watchedUntil) {
			this.#known.clear();
			this.#calledAt = -Infinity;
			this.#readAt = undefined;
			this.#firstCalledAt = undefined;
			return;
		}
		this.#readAt ??= now;
		if (now - this.#calledAt >= CALL_EVERY_MS) void this.#callAndLook();
		if (now - this.#lookedAt >= POST_EVERY_MS / 2) void this.#look();
	}

	/** The other processes, including those that are gone. */
	get all(): Peer[] {
		return this.#known.all;
	}

	/** Whether the others have had the time to post since a page is open here, or there is an error. */
	get isReady(): boolean {
		const sinceMs = (this.#readAt ?? -Infinity) - (this.#firstCalledAt ?? Infinity);
		return sinceMs >= FIRST_POSTS_MS || this.error !== undefined;
	}

	/** Why the other processes are not known, if they are not. */
	get error(): string | undefined {
		const silentMs = performance.now() - (this.#readAt ?? Infinity);
		return this.#failure ?? (silentMs > TTL_MS ? "The event log does not answer" : undefined);
	}

	/** The posts of the processes that answer now, by their id. */
	get live(): ReadonlyMap<string, Post> {
		return this.#known.live;
	}

	/** Followers in other processes, by the attempt of a run. */
	followers(attempt: string): number {
		let count = 0;
		for (const post of this.#known.live.values()) count += post.followers.get(attempt) ?? 0;
		return count;
	}

	/**
	 * Call with each request. Behind a balancer, those of a page reach other processes than the one with its stream. Resolves once
	 * that one is known here, or after 1.5 s.
	 *
	 * @param page the id of the process with the stream, if known
	 */
	async meet(page: string | undefined): Promise<void> {
		const now = performance.now();
		this.#watchedUntil = now + WATCHED_MS;
		const isKnown = (): boolean =>
			page === undefined ? this.#readAt !== undefined : this.#known.live.has(page);
		if (page === this.#host.id || isKnown()) return;
		await this.#until(now + ANSWER_TIMEOUT_MS, this.#call(), isKnown);
	}

	/**
	 * Asks every live process, or the one that the question is for. @returns the answers by the id of the process, once all have
	 * answered or after 1.5 s. Asked again within some seconds, they are those of the last posts
	 */
	async ask(ask: Ask): Promise<ReadonlyMap<string, { name: string; answer: Answer }>> {
		const now = performance.now();
		const { key, isNew } = this.#questions.add(ask, now);
		const asked = (): [string, Post][] =>
			[...this.#known.live].filter(([id]) => ask.process === undefined || ask.process === id);
		const isAnswered = (): boolean => asked().every(([, { answers }]) => answers.has(key));
		const called = isNew ? this.#call() : Promise.resolve();
		await this.#until(now + ANSWER_TIMEOUT_MS, called, isAnswered);
		const found = asked().flatMap(([id, { answers, summary }]) => {
			const answer = answers.get(key);
			return answer === undefined ? [] : [[id, { name: summary.name, answer }] as const];
		});
		return new Map(found);
	}

	/** Asks another process to end one of its connections. @throws (rejects) what the log says, or nothing if it says nothing */
	async end(process: string, key: number): Promise<void> {
		await atMost(ANSWER_TIMEOUT_MS, this.#mail.tell(encodeEnd({ process, key })));
	}

	/** Says to others that this process leaves, if any listens. Never rejects. */
	async close(): Promise<void> {
		this.#mail.close();
		const isCalled = !this.#callers.isEmpty(performance.now());
		if (isCalled) await atMost(CLOSE_TIMEOUT_MS, this.#postNow(true));
	}

	#onSignal(text: string): void {
		const end = readEnd(text);
		if (end?.process === this.#host.id) this.#host.end(end.key);
		const call = readCall(text);
		if (call !== undefined && this.#callers.take(call, performance.now())) void this.#post();
	}

	/** Reads the posts until `isFound`, or until the time is up. Never rejects. */
	async #until(giveUpAt: number, called: Promise<void>, isFound: () => boolean): Promise<void> {
		const left = (): number => giveUpAt - performance.now();
		await atMost(left(), called);
		while (!isFound() && left() > 0) {
			await pause(LOOK_MS, undefined, { ref: false });
			await atMost(left(), this.#look());
		}
	}

	/** Asks all processes to post. Calls in the same moment are one. */
	#call(): Promise<void> {
		this.#calling ??= soon(this.#calledAt).then(() => {
			this.#calling = undefined;
			this.#calledAt = performance.now();
			const asks = this.#questions.all(this.#calledAt);
			const told = this.#mail.tell(encodeCall({ from: this.#host.id, asks }));
			return this.#try(told.then(() => (this.#firstCalledAt ??= performance.now())));
		});
		return this.#calling;
	}

	/** So that a page that has just been opened need not wait for the next look. */
	async #callAndLook(): Promise<void> {
		await this.#call();
		await pause(2 * LOOK_MS, undefined, { ref: false });
		await this.#look();
	}

	#post(): Promise<void> {
		this.#posting ??= soon(this.#postedAt).then(() => {
			this.#posting = undefined;
			return this.#callers.isEmpty(performance.now()) ? undefined : this.#postNow(false);
		});
		return this.#posting;
	}

	#postNow(isLast: boolean): Promise<void> {
		this.#postedAt = performance.now();
		const asks = isLast ? new Map<string, Ask>() : this.#callers.asksFor(this.#host.id);
		const text = encodePost({ ...this.#host.post(asks), isLast });
		return this.#try(this.#mail.post(text, TTL_MS));
	}

	/** Reads what the others have posted. */
	#look(): Promise<void> {
		this.#lookedAt = performance.now();
		this.#looking ??= this.#try(this.#mail.posted().then((posts) => this.#read(posts))).finally(
			() => {
				this.#looking = undefined;
			},
		);
		return this.#looking;
	}

	#read(posts: ReadonlyMap<string, string>): void {
		const now = performance.now();
		this.#readAt = now;
		this.#known.take(posts, now);
	}

	/** A failure is shown on the page, until the next success. Never rejects. */
	async #try(work: Promise<unknown>): Promise<void> {
		try {
			await work;
			this.#failure = undefined;
		} catch (error) {
			this.#failure = wordsOf(error);
		}
	}
}
