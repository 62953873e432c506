/**
 * The names of the streams and their subjects. Arbitrary text appears in them as a hash.
 */
import { createHash } from "node:crypto";

export interface StreamNames {
	/** The log. */
	readonly log: string;
	/** The newest event of each key in groups that keep these. */
	readonly latest: string;
	/** The texts that processes post for each other. */
	readonly posts: string;
	/** The runs. */
	readonly runs: string;
}

export function streamNames(prefix: string): StreamNames {
	return {
		log: prefix,
		latest: `${prefix}_LATEST`,
		posts: `${prefix}_POSTS`,
		runs: `${prefix}_RUNS`,
	};
}

/**
 * The subjects of one log contain its own token. So an append to a replaced log reaches no stream, rather than the new log.
 */
export class LogSubjects {
	/** All there is in the log. */
	readonly all: string;
	/** Of what is kept in the log only. */
	readonly event: string;
	readonly #states: string;

	constructor(prefix: string, token: string) {
		this.all = `${prefix}.log.${token}.>`;
		this.event = `${prefix}.log.${token}.event`;
		this.#states = `${prefix}.log.${token}.state`;
	}

	has(subject: string): boolean {
		return subject.startsWith(this.all.slice(0, -1));
	}

	/** Of what is kept besides as the newest of its key. */
	state(group: string, key: string): string {
		return `${this.#states}.${hash(group)}.${hash(key)}`;
	}

	/** All of a group. */
	states(group: string): string {
		return `${this.#states}.${hash(group)}.*`;
	}
}

export class PostSubjects {
	readonly all: string;
	readonly #prefix: string;

	constructor(prefix: string) {
		this.#prefix = `${prefix}.post`;
		this.all = `${this.#prefix}.*`;
	}

	post(name: string): string {
		return `${this.#prefix}.${hash(name)}`;
	}
}

export class RunSubjects {
	/** All there is in the stream of runs. */
	readonly all: string;
	/** Where the stream republishes what it has stored. */
	readonly allLive: string;
	/** What processes tell each other: which runs were cancelled and released. */
	readonly control: string;
	readonly #prefix: string;

	constructor(prefix: string) {
		this.#prefix = `${prefix}.runs`;
		this.all = `${this.#prefix}.run.>`;
		this.allLive = `${this.#prefix}.live.>`;
		this.control = `${this.#prefix}.control`;
	}

	has(subject: string): boolean {
		return subject.startsWith(`${this.#prefix}.`);
	}

	/** Everything of one run, also of its earlier attempts. */
	run(id: string): string {
		return `${this.#prefix}.run.${hash(id)}`;
	}

	/** The same, as stored. */
	live(id: string): string {
		return `${this.#prefix}.live.${hash(id)}`;
	}
}

/** 132 bits, as 22 characters that a subject may have. Of UTF-16, in which every text of JavaScript is itself. */
export function hash(text: string): string {
	return createHash("sha256").update(text, "utf16le").digest("base64url").slice(0, 22);
}
