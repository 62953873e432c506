/**
 * An engine in the memory of this process: what stands between the processes of a test, and can be made to fail as a real
 * one does.
 */

import type { LogEngine, Stored, StoredAt, Storing } from "../src/shared-log/log-engine.js";
import type { Position } from "../src/wire/cursor.js";

interface State extends Stored {
	readonly key: string;
}

interface Follower {
	next: number;
	readonly take: (stored: readonly Stored[]) => void;
	readonly fail: (error: unknown) => void;
}

/** What keeps a log; its drivers are what processes have of it. */
export class MemoryEngine {
	/** Drivers are connected, but receive nothing. */
	isMute = false;
	/** It answers every call, and cannot be followed. */
	isUnfollowable = false;
	/** How often it was asked to be followed. */
	follows = 0;
	/** How often it was asked for the newest position. */
	looks = 0;
	/** Its clock, as it dates events. */
	clock: () => number = Date.now;
	/** Whether it says what its clock shows. */
	showsClock = true;
	/** Calls are not answered. */
	isHung = false;
	/** Why an entry is not taken, if it is not. */
	refuse: (entry: Storing) => Error | undefined = () => undefined;
	/** Calls fail. */
	isAway = false;
	/** How often its events were read. */
	reads = 0;
	/** How many of these questions were unanswered at a time, at most. */
	readsAtATime = 0;
	readonly #followers = new Set<Follower>();
	readonly #held: (() => void)[] = [];
	#epochs = 0;
	#reading = 0;
	#log: Stored[] = [];
	#newest: Position = this.#begin();
	#keys = new Map<string, StoredAt>();
	#states = new Map<string, State[]>();
	#posts = new Map<string, { readonly text: string; readonly until: number }>();

	get newest(): Position {
		return this.#newest;
	}

	driver(): LogEngine {
		const own = new Set<Follower>();
		const { name } = this;
		return {
			name,
			open: () => this.#call(() => {}),
			newest: () =>
				this.#call(() => {
					this.looks++;
					return { ...this.#newest, ...(this.showsClock ? { now: this.clock() } : {}) };
				}),
			append: (entries) =>
				this.#call(() => entries.map((entry) => this.refuse(entry) ?? this.#append(entry))),
			read: async (from, limit) => {
				this.reads++;
				this.readsAtATime = Math.max(this.readsAtATime, ++this.#reading);
				try {
					return await this.#call(() =>
						this.#log.filter(({ sequence }) => sequence >= from).slice(0, limit),
					);
				} finally {
					this.#reading--;
				}
			},
			latest: (group) => this.#call(() => (this.#states.get(group) ?? []).toSorted(bySequence)),
			follow: (after, take, signal) => this.#follow(after, take, signal, own),
			post: (post, text, ttlMs) =>
				this.#call(() => {
					this.#posts.set(post, { text, until: performance.now() + ttlMs });
				}),
			posted: () => this.#call(() => this.#posted()),
			close: async () => {
				for (const follower of own) follower.fail(undefined);
			},
		};
	}

	readonly name = "The engine";

	/** Break every connection that is followed. */
	cut(): void {
		for (const { fail } of this.#followers) fail(new Error("the connection broke"));
	}

	/** Answers hanging calls, and delivers what was held back. */
	goOn(): void {
		this.isAway = false;
		this.isHung = false;
		this.isMute = false;
		for (const answer of this.#held.splice(0)) answer();
		this.#handOver();
	}

	/** Loses everything. */
	lose(): void {
		this.#log = [];
		this.#newest = this.#begin();
		this.#keys = new Map();
		this.#states = new Map();
		this.#posts = new Map();
	}

	trim(sequence: number): void {
		this.#log = this.#log.filter((stored) => stored.sequence > sequence);
	}

	/** Loses the newest events, although their appends were answered, as after a failover. */
	forget(count: number): void {
		this.#log = this.#log.slice(0, this.#log.length - count);
		const { sequence = 0, tag = "0" } = this.#log.at(-1) ?? {};
		this.#newest = { epoch: this.#newest.epoch, sequence, tag };
	}

	/** The same, from the event with this data on, and what services have said to each other since. */
	forgetFrom(data: string): void {
		// The data, and nothing else: a random name of a service may contain what is short.
		const index = this.#log.findIndex(({ text }) => JSON.parse(text).d === data);
		if (index < 0) throw new Error(`the log has no ${data}`);
		this.forget(this.#log.length - index);
	}

	#begin(): Position {
		return {
			epoch: `epoch${++this.#epochs}-${Math.random().toString(36).slice(2, 8)}`,
			sequence: 0,
			tag: "0",
		};
	}

	async #call<T>(answer: () => T): Promise<T> {
		await new Promise((resolve) => setImmediate(resolve));
		if (this.isAway) throw new Error("it is away");
		if (this.isHung) {
			await new Promise<void>((resolve) => {
				this.#held.push(resolve);
			});
		}
		return answer();
	}

	#append({ text, tag, ownId, idempotencyKey, latest }: Storing): StoredAt {
		const known = idempotencyKey === undefined ? undefined : this.#keys.get(idempotencyKey);
		if (known !== undefined) return { ...known, isNew: false };
		const { epoch, sequence: before, tag: previousTag } = this.#newest;
		const sequence = before + 1;
		const stored = { sequence, tag, previousTag, at: this.clock(), text };
		this.#log.push(stored);
		this.#newest = { epoch, sequence, tag };
		const at = { epoch, sequence, tag, ownId, isNew: true };
		if (idempotencyKey !== undefined) this.#keys.set(idempotencyKey, at);
		if (latest !== undefined) {
			const { group, key, max } = latest;
			const others = (this.#states.get(group) ?? []).filter((other) => other.key !== key);
			this.#states.set(group, [...others, { ...stored, key }].slice(-max));
		}
		this.#handOver();
		return at;
	}

	#posted(): ReadonlyMap<string, string> {
		const now = performance.now();
		const up = [...this.#posts].filter(([, { until }]) => now < until);
		return new Map(up.map(([name, { text }]) => [name, text]));
	}

	async #follow(
		after: number,
		take: Follower["take"],
		signal: AbortSignal,
		own: Set<Follower>,
	): Promise<void> {
		this.follows++;
		await this.#call(() => {});
		if (signal.aborted) return;
		let follower: Follower | undefined;
		const end = (): void => follower?.fail(undefined);
		signal.addEventListener("abort", end);
		try {
			await new Promise<void>((resolve, reject) => {
				const fail = (error: unknown): void => (error === undefined ? resolve() : reject(error));
				follower = { next: after + 1, take, fail };
				this.#followers.add(follower);
				own.add(follower);
				if (this.isUnfollowable) return reject(new Error("it may not be followed"));
				take([]);
				this.#handOver();
			});
		} finally {
			signal.removeEventListener("abort", end);
			if (follower !== undefined) {
				this.#followers.delete(follower);
				own.delete(follower);
			}
		}
	}

	/** Later, as from a socket. */
	#handOver(): void {
		for (const follower of this.#followers) {
			setImmediate(() => {
				if (this.isMute || !this.#followers.has(follower)) return;
				const stored = this.#log.filter(({ sequence }) => sequence >= follower.next);
				const last = stored.at(-1);
				if (last === undefined) return;
				follower.next = last.sequence + 1;
				try {
					follower.take(stored);
				} catch (error) {
					follower.fail(error);
				}
			});
		}
	}
}

function bySequence(one: Stored, other: Stored): number {
	return one.sequence - other.sequence;
}
