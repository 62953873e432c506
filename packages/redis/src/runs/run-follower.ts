/**
 * The follower: one connection of this process that waits for entries of all runs followed here, for cancellations, and for
 * releases. It does not poll, and receives nothing of runs that nobody here follows.
 */
import { setTimeout as pause } from "node:timers/promises";
import { within } from "sse-service/engine";
import type { RedisClient, RedisConnection } from "../clients/client.js";
import { openConnection } from "../own-connection.js";
import { decodeChunk } from "./chunk.js";
import type { FollowedRun } from "./followed-run.js";

export interface FollowerKeys {
	readonly control: string;
	readonly wake: string;
}

/** What happened to an attempt; `name` is its run's, of one that was released. */
export interface RunControl {
	readonly kind: "cancelled" | "released";
	readonly attempt: string;
	readonly name: string;
}

export interface FollowerHost {
	/** The followed runs, by the key of their stream. */
	readonly followed: ReadonlyMap<string, FollowedRun>;
	/** Called when control entries can no longer be missed: what was released before may now be looked up. */
	onFollowing(): void;
	onControl(control: RunControl): void;
	onError(error: unknown): void;
}

/** How long a read blocks in Redis. */
const BLOCK_MS = 2_000;
/** A connection that has not answered by then is up, but delivers nothing. */
const ANSWER_TIMEOUT_MS = 5_000;
/** Chunks of one stream per reply. */
const COUNT = 256;
/** With more runs than this, reads are paced: a reply per chunk would repeat the request for all runs each time. */
const MANY = 16;
const PACE_MS = 5;
/** Of very many runs, the request alone is large: the pause grows with their number, to the pace at which producers write. */
const RUNS_PER_MS = 50;
const LONGEST_PACE_MS = 20;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

export async function followRuns(
	redis: RedisClient,
	keys: FollowerKeys,
	host: FollowerHost,
	signal: AbortSignal,
): Promise<void> {
	let lastControl: string | undefined;
	let pauseMs = FIRST_PAUSE_MS;
	while (!signal.aborted) {
		let connection: RedisConnection | undefined;
		try {
			connection = await openConnection(redis, keys.control, signal);
			const ask = (...args: string[]): Promise<unknown> =>
				within(
					ANSWER_TIMEOUT_MS,
					(connection as RedisConnection).call(args, keys.control),
					"Reading from Redis",
					signal,
				);
			// What was followed on another connection may not be there: after a failover, streams are shorter.
			if (lastControl !== undefined) for (const run of host.followed.values()) run.lose();
			// Earlier cancellations do not concern this process. Earlier releases are looked up.
			lastControl ??= newestOf(await ask("XREVRANGE", keys.control, "+", "-", "COUNT", "1"));
			host.onFollowing();
			let lastWake = newestOf(await ask("XREVRANGE", keys.wake, "+", "-", "COUNT", "1"));
			for (;;) {
				const streams = [...host.followed].filter(([, { last }]) => last !== undefined);
				const names = [keys.control, keys.wake, ...streams.map(([name]) => name)];
				const after = [lastControl, lastWake, ...streams.map(([, { last }]) => last ?? "0-0")];
				const reply = await ask(
					...["XREAD", "COUNT", `${COUNT}`, "BLOCK", `${BLOCK_MS}`, "STREAMS"],
					...names,
					...after,
				);
				pauseMs = FIRST_PAUSE_MS;
				for (const [name, entries] of streamsOf(reply)) {
					if (name === keys.wake) lastWake = newestOf(entries, lastWake);
					else if (name === keys.control) {
						lastControl = newestOf(entries, lastControl);
						for (const entry of entries) host.onControl(controlOf(entry));
					} else take(host.followed.get(name), entries);
				}
				if (streams.length > MANY) {
					const paceMs = Math.min(LONGEST_PACE_MS, streams.length / RUNS_PER_MS);
					await pause(Math.max(PACE_MS, paceMs), undefined, { signal });
				}
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

/** @throws when a chunk is missing: then everything is followed again, on another connection */
function take(followed: FollowedRun | undefined, entries: readonly StreamEntry[]): void {
	for (const entry of entries) {
		if (followed?.take(decodeChunk(entry)) === false) {
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
