/**
 * JetStream's API, as far as it is used here, under its own names. It is called with plain requests, because each client has
 * its own interface to it.
 */
import type { NatsMessage } from "./client.js";
import type {
	AccountInfo,
	ApiError,
	ConsumerConfig,
	ConsumerInfo,
	MessageQuery,
	MessageResponse,
	StreamConfig,
	StreamInfo,
} from "./jetstream-api.js";
import type { Outgoing, Requests } from "./requests.js";

/** A message as it is kept. */
export interface Kept {
	readonly sequence: number;
	readonly subject: string;
	/** In milliseconds since 1970. */
	readonly at: number;
	readonly payload: Buffer;
}

const NO_MESSAGE = 10037;
export const NO_STREAM = 10059;
const OTHER_CONFIG = 10058;
const WRONG_LAST = 10071;
const NOT_ENABLED: readonly number[] = [10039, 10076];

/** An error response of JetStream. */
class JetStreamError extends Error {
	override readonly name = "JetStreamError";
	/** JetStream's own code, for example 10059 for a missing stream. */
	readonly code: number;

	constructor({ err_code, description }: ApiError) {
		super(
			NOT_ENABLED.includes(err_code) ? "JetStream is not enabled for this account" : description,
		);
		this.code = err_code;
	}
}

export class JetStream {
	readonly requests: Requests;
	/** How many heartbeats in a row may be missing. */
	missedHeartbeats = MISSED_HEARTBEATS;
	readonly #prefix: string;

	/** @param prefix `"$JS.API"`, or what it is for a domain or an account's import */
	constructor(requests: Requests, prefix: string) {
		this.requests = requests;
		this.#prefix = prefix;
	}

	account(): Promise<AccountInfo> {
		return this.#call("INFO");
	}

	/** @returns `undefined` if there is no such stream */
	stream(name: string, subjects_filter?: string): Promise<StreamInfo | undefined> {
		return unless(NO_STREAM, this.#call(`STREAM.INFO.${name}`, { subjects_filter }));
	}

	/** @returns `undefined` when one of another configuration is there */
	createStream(config: StreamConfig): Promise<StreamInfo | undefined> {
		return unless(OTHER_CONFIG, this.#call(`STREAM.CREATE.${config.name}`, config));
	}

	async deleteStream(name: string): Promise<void> {
		await unless(NO_STREAM, this.#call(`STREAM.DELETE.${name}`));
	}

	/** Removes the messages before a sequence, which must be above 1: JetStream takes 1 for all. With `filter`, only those of a subject. */
	async purge(name: string, seq: number, filter?: string): Promise<void> {
		await unless(NO_STREAM, this.#call(`STREAM.PURGE.${name}`, { seq, filter }));
	}

	/** Reads messages; `undefined` for each missing one. Asks the stream's leader, where messages are written. */
	async messages(
		name: string,
		queries: readonly MessageQuery[],
	): Promise<readonly (Kept | undefined)[]> {
		const asked = queries.map((query) => this.#request(`STREAM.MSG.GET.${name}`, query));
		const answers = await this.requests.sendAll(asked);
		return answers.map((answer) => {
			if (answer instanceof Error) throw answer;
			try {
				return toKept(read<MessageResponse>(answer));
			} catch (error) {
				if (isCode(error, NO_MESSAGE) || isCode(error, NO_STREAM)) return undefined;
				throw error;
			}
		});
	}

	/**
	 * Publishes a message of a subject, if the newest one there is that of a sequence; 0: if there is none.
	 *
	 * @returns its sequence; `conflict` if another one is the newest; `undefined` if no stream takes it
	 */
	async publishAfter(
		last: number,
		subject: string,
		payload: Uint8Array,
	): Promise<number | "conflict" | undefined> {
		const headers = { "Nats-Expected-Last-Subject-Sequence": String(last) };
		const answer = await this.requests.send({ subject, payload, headers });
		if (answer === undefined) return undefined;
		try {
			return read<{ readonly seq: number }>(answer).seq;
		} catch (error) {
			if (isCode(error, WRONG_LAST)) return "conflict";
			throw error;
		}
	}

	/** The server's clock, in milliseconds since 1970: servers before 2.10 date nothing but a new consumer. */
	async now(stream: string, filter_subject: string): Promise<number> {
		const { name, created } = await this.#create(stream, { deliver_policy: "new", filter_subject });
		this.deleteConsumer(stream, name);
		return Date.parse(created);
	}

	/** Creates an ephemeral push consumer, which sends to a subject as soon as somebody subscribes to it. */
	createConsumer(stream: string, inbox: string, config: ConsumerConfig): Promise<ConsumerInfo> {
		return this.#createOnLeader(stream, {
			...config,
			deliver_subject: inbox,
			max_deliver: 1,
			flow_control: true,
			idle_heartbeat: nanoseconds(HEARTBEAT_MS),
		});
	}

	/** Creates an ephemeral pull consumer, which sends what {@link requestNext} requests. */
	createPullConsumer(stream: string, config: ConsumerConfig): Promise<ConsumerInfo> {
		return this.#createOnLeader(stream, config);
	}

	/** Requests as many messages as there are, at most `batch`, to an inbox. */
	requestNext(stream: string, name: string, inbox: string, batch: number): void {
		const { subject, payload } = this.#request(`CONSUMER.MSG.NEXT.${stream}.${name}`, {
			batch,
			no_wait: true,
		});
		this.requests.tell(subject, payload, inbox);
	}

	/**
	 * Creates consumers until one is on the stream's leader: a cluster places them on any server that stores the stream. Another one
	 * may lag, or hold a message that the cluster never committed.
	 */
	async #createOnLeader(stream: string, config: object): Promise<ConsumerInfo> {
		for (let left = PLACEMENTS; left > 0; left--) {
			const info = await this.#create(stream, config);
			let isPlaced = info.cluster === undefined;
			try {
				isPlaced ||= (await this.stream(stream))?.cluster?.leader === info.cluster?.leader;
			} finally {
				if (!isPlaced) this.deleteConsumer(stream, info.name);
			}
			if (isPlaced) return info;
		}
		throw new Error(`NATS places no consumer on the leader of the stream ${stream}`);
	}

	#create(stream: string, config: object): Promise<ConsumerInfo> {
		return this.#call(`CONSUMER.CREATE.${stream}`, {
			stream_name: stream,
			config: {
				...config,
				ack_policy: "none",
				// Only its creator uses it, so it may expire soon.
				inactive_threshold: nanoseconds(UNUSED_MS),
				mem_storage: true,
				num_replicas: 1,
			},
		});
	}

	/** Deletes without waiting; a consumer that remains expires by itself. */
	deleteConsumer(stream: string, name: string): void {
		this.requests.tell(`${this.#prefix}.CONSUMER.DELETE.${stream}.${name}`);
	}

	async #call<Response>(subject: string, body?: object): Promise<Response> {
		return read(await this.requests.send(this.#request(subject, body)));
	}

	#request(subject: string, body?: object): Outgoing {
		const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
		return { subject: `${this.#prefix}.${subject}`, payload };
	}
}

/** The heartbeat interval of an idle consumer. */
export const HEARTBEAT_MS = 1_000;

// A connection can be up and deliver nothing. Single heartbeats may be late.
export const MISSED_HEARTBEATS = 3;

// Of a consumer that is given up, the next one waits longer: over a slow link a message can take so long.
export const MAX_MISSED_HEARTBEATS = 48;

const UNUSED_MS = 10_000;

// With five servers, all of them miss the leader once in a million times.
const PLACEMENTS = 64;

export function nanoseconds(ms: number): number {
	return ms * 1_000_000;
}

/** @throws JetStreamError when it is refused */
export function read<Response>(answer: NatsMessage | undefined): Response {
	if (answer === undefined) throw new Error("JetStream does not answer: is it enabled?");
	const response = JSON.parse(textOf(answer.data));
	if (response.error !== undefined) throw new JetStreamError(response.error);
	return response;
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
	return Buffer.from(buffer, byteOffset, byteLength).toString();
}

function toKept({ message: { subject, seq, data = "", time } }: MessageResponse): Kept {
	const payload = Buffer.from(data, "base64");
	return { sequence: seq, subject, at: Date.parse(time), payload };
}

/** Resolves to the promise's value, or to `undefined` if JetStream refused with this code. */
export async function unless<T>(code: number, promise: Promise<T>): Promise<T | undefined> {
	try {
		return await promise;
	} catch (error) {
		if (isCode(error, code)) return undefined;
		throw error;
	}
}

function isCode(error: unknown, code: number): boolean {
	return error instanceof JetStreamError && error.code === code;
}
