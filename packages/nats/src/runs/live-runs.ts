/**
 * The runs that readers in this process follow. Each has a subscription to what the stream republishes of it: the server sends nothing
 * of other runs, and keeps nothing for a follower.
 */
import type { NatsMessage } from "../client.js";
import type { Requests } from "../requests.js";
import type { RunSubjects } from "../subjects.js";
import { FollowedRun } from "./followed-run.js";
import { decodeRecord } from "./run-record.js";

interface Live {
	readonly followed: FollowedRun;
	readonly unsubscribe: () => void;
}

export class LiveRuns {
	readonly #requests: Requests;
	readonly #subjects: RunSubjects;
	readonly #onError: (error: unknown) => void;
	readonly #runs = new Map<string, Live>();

	constructor(requests: Requests, subjects: RunSubjects, onError: (error: unknown) => void) {
		this.#requests = requests;
		this.#subjects = subjects;
		this.#onError = onError;
	}

	get(id: string, attempt: string): FollowedRun | undefined {
		return this.#runs.get(keyOf(id, attempt))?.followed;
	}

	/** @returns a function that stops it. @throws as the client does when the connection is closed */
	watch(id: string, attempt: string, onChange: () => void): () => void {
		const key = keyOf(id, attempt);
		const live = this.#runs.get(key) ?? this.#subscribe(id, attempt);
		this.#runs.set(key, live);
		live.followed.add(onChange);
		return () => {
			if (live.followed.remove(onChange) > 0 || this.#runs.get(key) !== live) return;
			this.#runs.delete(key);
			live.unsubscribe();
		};
	}

	/** Everything may have been missed. */
	lose(): void {
		for (const { followed } of this.#runs.values()) followed.lose();
	}

	close(): void {
		for (const { unsubscribe } of this.#runs.values()) unsubscribe();
		this.#runs.clear();
	}

	#subscribe(id: string, attempt: string): Live {
		const followed = new FollowedRun(attempt);
		const take = (message: NatsMessage): void => {
			try {
				followed.take(liveRecordOf(message));
			} catch (error) {
				// Of another program. Reading finds out.
				this.#onError(error);
				followed.lose();
			}
		};
		const unsubscribe = this.#requests.subscribe(this.#subjects.live(id), take, this.#onError);
		return { followed, unsubscribe };
	}
}

function keyOf(id: string, attempt: string): string {
	return `${attempt} ${id}`;
}

function liveRecordOf({ subject, data, headers }: NatsMessage) {
	const payload = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
	const sequence = Number(headers?.get("Nats-Sequence"));
	const record = decodeRecord({ sequence, subject, at: 0, payload });
	return { ...record, previous: Number(headers?.get("Nats-Last-Sequence")) };
}
