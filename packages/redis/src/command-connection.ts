/**
 * The log's own connection for commands. If it breaks, or stays up without answering, another one replaces it and unanswered
 * commands are sent again: every command of the log is idempotent.
 */
import { pause, within } from "sse-service/engine";
import type { RedisCalls, RedisClient, RedisConnection } from "./clients/client.js";
import { openConnection } from "./own-connection.js";
import { isReply } from "./scripts/script.js";

/** The name in error messages. */
const ANSWER = "An answer of Redis";

/** The time limit of a command. */
const CALL_TIMEOUT_MS = 5_000;

/** A connection that has not answered by then is replaced, while there is time for another attempt. */
const ANSWER_TIMEOUT_MS = 3_000;

const FIRST_PAUSE_MS = 25;
const MAX_PAUSE_MS = 1_000;

export class CommandConnection implements RedisCalls {
	readonly #redis: RedisClient;
	readonly #closing = new AbortController();
	#connection: Promise<RedisConnection> | undefined;
	/** The number of consecutive connections that answered nothing. */
	#failures = 0;

	constructor(redis: RedisClient) {
		this.#redis = redis;
	}

	async call(args: readonly string[], key: string): Promise<unknown> {
		const deadline = performance.now() + CALL_TIMEOUT_MS;
		const left = (): number => Math.max(1, deadline - performance.now());
		for (let isElsewhere = false; ; ) {
			const connecting = this.#connect(key);
			let connection: RedisConnection | undefined;
			try {
				connection = await within(left(), connecting, ANSWER);
				const answering = connection.call(args, key);
				const reply = await within(Math.min(ANSWER_TIMEOUT_MS, left()), answering, ANSWER);
				this.#failures = 0;
				return reply;
			} catch (error) {
				const isDemoted = isReply(error, "READONLY");
				const isAnswer = connection !== undefined && isReply(error) && !isDemoted;
				if (isAnswer || this.#closing.signal.aborted) throw error;
				// The connection may have received the command only a moment ago.
				if (left() === 1) throw error;
				this.#giveUp(connecting);
				// If another server is the master now, the next attempt goes there.
				if (isDemoted && isElsewhere) throw error;
				isElsewhere = isDemoted;
			}
		}
	}

	close(): void {
		this.#closing.abort(new Error("The event log is closed"));
		if (this.#connection !== undefined) this.#giveUp(this.#connection);
	}

	#connect(key: string): Promise<RedisConnection> {
		this.#connection ??= this.#open(key);
		return this.#connection;
	}

	async #open(key: string): Promise<RedisConnection> {
		if (this.#failures > 0)
			await pause(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures));
		return openConnection(this.#redis, key, this.#closing.signal);
	}

	#giveUp(connecting: Promise<RedisConnection>): void {
		if (this.#connection !== connecting) return;
		this.#connection = undefined;
		this.#failures++;
		connecting.then((connection) => connection.destroy()).catch(() => {});
	}
}
