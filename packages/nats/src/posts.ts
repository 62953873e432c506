/**
 * The posts: texts that processes post for each other, each under a name and for a time. One message per name, whose first line
 * holds the name and the time.
 */
import { decodeDescription, encodeDescription } from "./description.js";
import { findOrMake } from "./find-or-make.js";
import { type JetStream, type Kept, nanoseconds, read } from "./jetstream.js";
import type { StreamConfig } from "./jetstream-api.js";
import { bound } from "./log-stream.js";
import type { ResolvedOptions } from "./options.js";
import { takeSnapshot } from "./snapshot.js";
import { PostSubjects, streamNames } from "./subjects.js";

// The maximum age of any post, whatever its own time.
const MAX_AGE_MS = 60 * 60 * 1_000;

export class Posts {
	readonly #jetStream: JetStream;
	readonly #options: ResolvedOptions;
	readonly #name: string;
	readonly #subjects: PostSubjects;

	constructor(jetStream: JetStream, options: ResolvedOptions) {
		this.#jetStream = jetStream;
		this.#options = options;
		this.#name = streamNames(options.prefix).posts;
		this.#subjects = new PostSubjects(options.prefix);
	}

	/** @throws (rejects) `ERR_SSE_LOG_VERSION` when the existing stream has another format */
	async open(): Promise<void> {
		const { config } = await findOrMake(this.#jetStream, this.#config());
		decodeDescription("posts", config);
	}

	async post(name: string, text: string, ttlMs: number): Promise<void> {
		const message = {
			subject: this.#subjects.post(name),
			payload: Buffer.from(`${JSON.stringify({ name, ttlMs })}\n${text}`),
		};
		let answer = await this.#jetStream.requests.send(message);
		if (answer === undefined) {
			await this.open();
			answer = await this.#jetStream.requests.send(message);
		}
		read(answer);
	}

	async posted(): Promise<ReadonlyMap<string, string>> {
		const snapshot = await takeSnapshot(this.#jetStream, this.#name, this.#subjects.all);
		const { now = 0, messages = [] } = snapshot ?? {};
		const posts = messages.flatMap((kept) => readPost(kept) ?? []);
		return new Map(posts.filter(({ until }) => until > now).map(({ name, text }) => [name, text]));
	}

	#config(): StreamConfig {
		const { maxBytes, storage, replicas } = this.#options;
		return {
			name: this.#name,
			// All processes create the same stream.
			description: encodeDescription("posts", "0"),
			subjects: [this.#subjects.all],
			retention: "limits",
			discard: "old",
			max_msgs_per_subject: 1,
			max_bytes: bound(maxBytes),
			max_age: nanoseconds(MAX_AGE_MS),
			storage,
			num_replicas: replicas,
		};
	}
}

interface Post {
	readonly name: string;
	readonly text: string;
	/** By the server's clock. */
	readonly until: number;
}

/** @returns `undefined` when it is none */
function readPost({ payload, at }: Kept): Post | undefined {
	const content = payload.toString();
	const end = content.indexOf("\n");
	try {
		const { name, ttlMs } = JSON.parse(content.slice(0, end));
		if (typeof name !== "string" || typeof ttlMs !== "number") return undefined;
		return { name, text: content.slice(end + 1), until: at + ttlMs };
	} catch {
		return undefined;
	}
}
