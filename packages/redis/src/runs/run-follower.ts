/**
 * The follower: one connection of this process that waits for its inbox, which receives the entries of all runs followed here,
 * and for cancellations and releases. It does not poll, and receives nothing of runs that nobody here follows.
 */
import { setTimeout as pause } from "node:timers/promises";
import { within } from "sse-service/engine";
import type { RedisCalls, RedisClient, RedisConnection } from "../clients/client.js";
import { newLogId } from "../log-id.js";
import { openConnection } from "../own-connection.js";
import { runScript } from "../scripts/script.js";
import { Stride } from "../stride.js";
import { mailOf } from "./chunk.js";
import type { FollowedRun } from "./followed-run.js";
import type { RunKeys } from "./run-keys.js";
import { FIRST_LETTER, KEEP_INBOX, OPEN_INBOX } from "./run-mail.js";

/** What happened to an attempt; `name` is its run's, of one that was released. */
export interface RunControl {
	readonly kind: "cancelled" | "released";
	readonly attempt: string;
	readonly name: string;
}

export interface FollowerHost {
	/** The followed runs, by their attempt. */
	readonly followed: ReadonlyMap<string, FollowedRun>;
	/**
	 * Called with a new inbox, which takes the place of the one before. Control entries can no longer be missed: what was released
	 * before may now be looked up.
	 */
	onFollowing(inbox: string): void;
	onControl(control: RunControl): void;
	onError(error: unknown): void;
}

/** How long a read blocks in Redis. */
const BLOCK_MS = 2_000;
/** A connection that has not answered by then is up, but delivers nothing. */
const ANSWER_TIMEOUT_MS = 5_000;
/** Letters per reply. */
const COUNT = 64;
/** With more runs than this, reads are paced, because a reply for each letter would cost more than the letter. */
const MANY = 16;
const PACE_MS = 5;
/** What was read is removed from the inbox, which otherwise expires, after this time or as many letters. */
const KEEP_MS = 1_000;
const KEEP_LETTERS = 256;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

export async function followRuns(
	redis: RedisClient,
	keys: RunKeys,
	host: FollowerHost,
	signal: AbortSignal,
): Promise<void> {
	const { control } = keys;
	let lastControl: string | undefined;
	let pauseMs = FIRST_PAUSE_MS;
	const stride = new Stride(COUNT);
	while (!signal.aborted) {
		let connection: RedisConnection | undefined;
		try {
			connection = await openConnection(redis, control, signal);
			const calls: RedisCalls = {
				call: (args, key) =>
					within(
						ANSWER_TIMEOUT_MS,
						(connection as RedisConnection).call(args, key),
						"Reading from Redis",
						signal,
					),
			};
			const ask = (...args: string[]): Promise<unknown> => calls.call(args, control);
			// Earlier cancellations do not concern this process. Earlier releases are looked up.
			lastControl ??= newestOf(await ask("XREVRANGE", control, "+", "-", "COUNT", "1"));
			const name = newLogId();
			const inbox = keys.ofInbox(name);
			await runScript(calls, OPEN_INBOX, [inbox], []);
			let lastLetter = FIRST_LETTER;
			let keptAt = performance.now();
			let letters = 0;
			host.onFollowing(name);
			// What was followed on another connection may not be there: after a failover, streams are shorter.
			for (const run of host.followed.values()) run.lose();
			for (;;) {
				const askedAt = performance.now();
				const reply = await ask(
					...["XREAD", "COUNT", `${stride.begin()}`, "BLOCK", `${BLOCK_MS}`, "STREAMS"],
					...[control, inbox, lastControl, lastLetter],
				);
				stride.onReply(performance.now() - askedAt);
				pauseMs = FIRST_PAUSE_MS;
				for (const [stream, entries] of streamsOf(reply)) {
					// ioredis puts its key prefix before the names of the streams, and leaves it there in the reply.
					if (stream.endsWith(control)) {
						lastControl = newestOf(entries, lastControl);
						for (const entry of entries) host.onControl(controlOf(entry));
					} else {
						lastLetter = newestOf(entries, lastLetter);
						letters += entries.length;
						for (const [, [, letter = ""]] of entries) take(host.followed, letter);
					}
				}
				if (letters >= KEEP_LETTERS || performance.now() - keptAt >= KEEP_MS) {
					keptAt = performance.now();
					letters = 0;
					const isKept = Number(await runScript(calls, KEEP_INBOX, [inbox], [lastLetter])) === 1;
					if (!isKept) throw new Error("Redis has removed what this process was to receive");
				}
				if (host.followed.size > MANY) await pause(PACE_MS, undefined, { signal });
			}
		} catch (error) {
			if (signal.aborted) return;
			host.onError(error);
			await pause(pauseMs, undefined, { signal }).catch(() => {});
			pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
		} finally {
			connection?.destroy();
		}
	}
}

/** @throws when something is missing: then everything is followed again, on another connection */
function take(followed: ReadonlyMap<string, FollowedRun>, letter: string): void {
	for (const mail of mailOf(letter)) {
		if (followed.get(mail.attempt)?.take(mail) === false) {
			throw new Error("Redis lost entries of a run: it may be a different server");
		}
	}
}

type StreamEntry = [name: string, fields: string[]];

function controlOf([, [field, attempt = "", , name = ""]]: StreamEntry): RunControl {
	return { kind: field === "r" ? "released" : "cancelled", attempt, name };
}

function newestOf(entries: unknown, before = "0-0"): string {
	const list = entries as StreamEntry[];
	// XREVRANGE returns only the newest, XREAD all in order.
	return list.at(-1)?.[0] ?? before;
}

/** Reads XREAD's reply: pairs in RESP2; in RESP3 a map by stream name, which each client represents in its own way. */
function streamsOf(reply: unknown): [name: string, entries: StreamEntry[]][] {
	if (reply === null || reply === undefined) return [];
	if (reply instanceof Map) return [...reply];
	if (!Array.isArray(reply)) return Object.entries(reply as Record<string, StreamEntry[]>);
	if (Array.isArray(reply[0])) return reply;
	return reply.flatMap((name, at) => (at % 2 === 0 ? [[name, reply[at + 1]]] : []));
}
