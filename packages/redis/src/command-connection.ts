/**
 * The log's own connection for commands. If it breaks, or stays up without answering, another one replaces it and unanswered
 * commands are sent again: every command of the log is idempotent.
 */
import { pause, SSEError, sendingMs, within } from "sse-service/engine";
import type { RedisCalls, RedisClient, RedisConnection } from "./clients/client.js";
import { openConnection } from "./own-connection.js";
import { isReply } from "./scripts/script.js";

/** The name in error messages. */
const ANSWER = "An answer of Redis";

/** How long a command that needs another connection tries to get one. */
const CALL_TIMEOUT_MS = 5_000;

/** A connection that has not answered by then is replaced. */
const ANSWER_TIMEOUT_MS = 3_000;

/** How long another connection may then take to open. */
const REPLACE_MS = CALL_TIMEOUT_MS - ANSWER_TIMEOUT_MS;
/** So often a command has that time because its connection broke, and once because its answer came too late. */
const MAX_REPEATS = 2;

/** An answer can be large. While a command is repeated whose answer came too late, each answer has so much time. */
const PATIENT_TIMEOUT_MS = 12_000;

const FIRST_PAUSE_MS = 25;
const MAX_PAUSE_MS = 1_000;

export class CommandConnection implements RedisCalls {
	readonly #redis: RedisClient;
	readonly #closing = new AbortController();
	#connection: Promise<RedisConnection> | undefined;
	/** The number of consecutive connections that answered nothing. */
	#failures = 0;
	/** The length of all unanswered commands. Answers come in the order of the commands, so each waits for those before it. */
	#length = 0;
	/** How many unanswered commands had an answer come too late. */
	#late = 0;

	constructor(redis: RedisClient) {
		this.#redis = redis;
	}

	async call(args: readonly string[], key: string): Promise<unknown> {
		let length = 0;
		for (const arg of args) length += arg.length;
		this.#length += length;
		let isLate = false;
		let deadline = performance.now() + CALL_TIMEOUT_MS;
		const left = (): number => Math.max(1, deadline - performance.now());
		try {
			for (let isElsewhere = false, repeats = 0; ; ) {
				const connecting = this.#connect(key);
				let connection: RedisConnection | undefined;
				try {
					connection = await within(left(), connecting, ANSWER);
					const reply = await within(this.#answerMs, connection.call(args, key), ANSWER);
					this.#failures = 0;
					return reply;
				} catch (error) {
					const isDemoted = isReply(error, "READONLY");
					const isAnswer = connection !== undefined && isReply(error) && !isDemoted;
					if (isAnswer || this.#closing.signal.aborted) throw error;
					const isTooLate = connection !== undefined && error instanceof SSEError;
					// An answer before its own may have come too late, or it was sent in part.
					if (isTooLate ? !isLate : connection !== undefined && repeats++ < MAX_REPEATS) {
						deadline = Math.max(deadline, performance.now() + REPLACE_MS);
					}
					// One that has not opened in time may still do so, for others.
					if (connection !== undefined || left() > 1) this.#giveUp(connecting);
					if (left() === 1 || (isTooLate && isLate)) throw error;
					if (isTooLate) {
						isLate = true;
						this.#late++;
					}
					// If another server is the master now, the next attempt goes there.
					if (isDemoted && isElsewhere) throw error;
					isElsewhere = isDemoted;
				}
			}
		} finally {
			this.#length -= length;
			if (isLate) this.#late--;
		}
	}

	/** The time limit of the answer to a command that is sent now. */
	get #answerMs(): number {
		return (this.#late > 0 ? PATIENT_TIMEOUT_MS : ANSWER_TIMEOUT_MS) + sendingMs(this.#length);
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
