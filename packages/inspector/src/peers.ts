/**
 * The inspectors of the other processes that share the event log. While a page is open anywhere, every process posts its figures,
 * and the answers to what pages ask. Without an open page nothing is posted, and nothing is read.
 */
import { randomBytes } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout as pause } from "node:timers/promises";
import type { SharedLog } from "sse-service/adapter";
import { KnownPeers, type Peer } from "./known-peers.js";
import {
	type Answer,
	type Ask,
	type Call,
	encodeCall,
	encodePost,
	MAX_ASKS,
	type Post,
	readCall,
} from "./peer-texts.js";

const TOPIC = "inspector";
/** Posts of processes have their name after this. */
const PREFIX = "inspector:";
const CHANNEL = "sse-service:log:signal";

const POST_EVERY_MS = 2_000;
/** Two posts may be lost before a live process counts as gone. */
const TTL_MS = 6_500;
/** How long a process posts after a call, and how often a process with an open page calls. */
const CALLED_MS = 30_000;
const CALL_EVERY_MS = 10_000;
/** At most one call, or post, in this time: more are one. */
const SOON_MS = 150;
/** Processes for which this one posts. */
const MAX_CALLERS = 20;
/** A question that no page has asked for this long is not asked further. */
const ASKED_MS = 8_000;
const ANSWER_TIMEOUT_MS = 1_500;
const LOOK_MS = 60;

/** What the inspector of this process says. */
export interface PeersHost {
	readonly service: unknown;
	post(asks: ReadonlyMap<string, Ask>): Omit<Post, "isLast">;
}

export class Peers {
	readonly id = randomBytes(9).toString("base64url");
	readonly #shared: SharedLog;
	readonly #host: PeersHost;
	/** The processes with an open page, and until when this one posts for them. */
	readonly #callers = new Map<string, { readonly call: Call; readonly until: number }>();
	/** What pages of this process ask, and when they last did. */
	readonly #asks = new Map<string, { readonly ask: Ask; usedAt: number }>();
	readonly #known = new KnownPeers();
	readonly #listener = (message: unknown): void => this.#onSignal(message as Signal);
	#calledAt = -Infinity;
	#postedAt = -Infinity;
	#lookedAt = -Infinity;
	/** When the posts of others were read, since a page is open here. */
	#readAt: number | undefined;
	#failure: string | undefined;
	#calling: Promise<void> | undefined;
	#posting: Promise<void> | undefined;
	#looking: Promise<void> | undefined;

	constructor(shared: SharedLog, host: PeersHost) {
		this.#shared = shared;
		this.#host = host;
		subscribe(CHANNEL, this.#listener);
	}

	/** Call each second. @param isWatching whether a page is open here */
	tick(isWatching: boolean): void {
		const now = performance.now();
		for (const [from, { until }] of this.#callers) if (until <= now) this.#callers.delete(from);
		if (this.#callers.size > 0 && now - this.#postedAt >= POST_EVERY_MS) void this.#post();
		if (!isWatching) {
			this.#known.clear();
			this.#asks.clear();
			this.#calledAt = -Infinity;
			this.#readAt = undefined;
			return;
		}
		for (const [key, { usedAt }] of this.#asks) if (now - usedAt > ASKED_MS) this.#asks.delete(key);
		this.#readAt ??= now;
		if (now - this.#calledAt >= CALL_EVERY_MS) void this.#callAndLook();
		if (now - this.#lookedAt >= POST_EVERY_MS / 2) void this.#look();
	}

	/** The other processes, including those that are gone. */
	get all(): Peer[] {
		return this.#known.all;
	}

	/** Why the other processes are not known, if they are not. */
	get error(): string | undefined {
		const silentMs = performance.now() - (this.#readAt ?? Infinity);
		return this.#failure ?? (silentMs > TTL_MS ? "The event log does not answer" : undefined);
	}

	/** The ids of the processes that answer now. */
	get live(): string[] {
		return [...this.#known.live.keys()];
	}

	/** Followers in other processes, by the attempt of a run. */
	followers(attempt: string): number {
		let count = 0;
		for (const post of this.#known.live.values()) count += post.followers.get(attempt) ?? 0;
		return count;
	}

	/**
	 * Asks every live process. @returns the answers by the id of the process, once all have answered or after 1.5 s. Asked again
	 * within some seconds, they are those of the last posts
	 */
	async ask(ask: Ask): Promise<ReadonlyMap<string, { name: string; answer: Answer }>> {
		const key = JSON.stringify(ask);
		const isNew = !this.#asks.has(key);
		this.#asks.delete(key);
		this.#asks.set(key, { ask, usedAt: performance.now() });
		const [oldest = ""] = this.#asks.keys();
		if (this.#asks.size > MAX_ASKS) this.#asks.delete(oldest);
		if (isNew) await this.#call();
		const giveUpAt = performance.now() + ANSWER_TIMEOUT_MS;
		for (;;) {
			const { live } = this.#known;
			const answers = [...live].flatMap(
				([
					id,
					{
						answers,
						summary: { name },
					},
				]) => {
					const answer = answers.get(key);
					return answer === undefined ? [] : [[id, { name, answer }] as const];
				},
			);
			if (answers.length === live.size || performance.now() >= giveUpAt) return new Map(answers);
			await pause(LOOK_MS, undefined, { ref: false });
			await this.#look();
		}
	}

	/** Says to others that this process leaves, if any listens. Never rejects. */
	async close(): Promise<void> {
		unsubscribe(CHANNEL, this.#listener);
		if (this.#callers.size > 0) await this.#post(true);
		this.#callers.clear();
	}

	#onSignal({ service, topic, text }: Signal): void {
		if (service !== this.#host.service || topic !== TOPIC) return;
		const call = readCall(text);
		if (call === undefined) return;
		if (this.#callers.size >= MAX_CALLERS && !this.#callers.has(call.from)) return;
		this.#callers.set(call.from, { call, until: performance.now() + CALLED_MS });
		void this.#post();
	}

	/** Asks all processes to post. Calls in the same moment are one. */
	#call(): Promise<void> {
		this.#calling ??= this.#soon(this.#calledAt).then(() => {
			this.#calling = undefined;
			this.#calledAt = performance.now();
			const asks = new Map(Array.from(this.#asks, ([key, { ask }]) => [key, ask]));
			const text = encodeCall({ from: this.id, asks });
			return this.#try(this.#shared.tell({ do: "signal", target: {}, topic: TOPIC, text }));
		});
		return this.#calling;
	}

	/** So that a page that has just been opened need not wait for the next look. */
	async #callAndLook(): Promise<void> {
		await this.#call();
		await pause(2 * LOOK_MS, undefined, { ref: false });
		await this.#look();
	}

	#post(isLast = false): Promise<void> {
		if (isLast) return this.#postNow(true);
		this.#posting ??= this.#soon(this.#postedAt).then(() => {
			this.#posting = undefined;
			return this.#callers.size === 0 ? undefined : this.#postNow(false);
		});
		return this.#posting;
	}

	#postNow(isLast: boolean): Promise<void> {
		this.#postedAt = performance.now();
		const asks = new Map(Array.from(this.#callers.values(), ({ call }) => [...call.asks]).flat());
		const text = encodePost({ ...this.#host.post(isLast ? new Map() : asks), isLast });
		return this.#try(this.#shared.post(PREFIX + this.id, text, TTL_MS));
	}

	/** Reads what the others have posted. */
	#look(): Promise<void> {
		this.#lookedAt = performance.now();
		this.#looking ??= this.#try(this.#shared.posted().then((posts) => this.#read(posts))).finally(
			() => {
				this.#looking = undefined;
			},
		);
		return this.#looking;
	}

	#read(posts: ReadonlyMap<string, string>): void {
		const now = performance.now();
		this.#readAt = now;
		const others = [...posts].flatMap(([name, text]) => {
			const id = name.slice(PREFIX.length);
			return name.startsWith(PREFIX) && id !== this.id ? [[id, text] as const] : [];
		});
		this.#known.take(new Map(others), now);
	}

	/** A failure is shown on the page, until the next success. Never rejects. */
	async #try(work: Promise<unknown>): Promise<void> {
		try {
			await work;
			this.#failure = undefined;
		} catch (error) {
			this.#failure = error instanceof Error ? error.message : String(error);
		}
	}

	#soon(last: number): Promise<void> {
		const ms = Math.max(0, last + SOON_MS - performance.now());
		return ms === 0 ? Promise.resolve() : pause(ms, undefined, { ref: false });
	}
}

interface Signal {
	readonly service: unknown;
	readonly topic: string;
	readonly text: string;
}
