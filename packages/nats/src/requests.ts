/**
 * Requests on the caller's connection: messages that are answered on an inbox of our own. Many can be pending at a time, in the
 * order of the calls. None is ever sent twice, because an unanswered one may have been processed.
 */
import { randomBytes } from "node:crypto";
import { SSEError, sendingMs } from "sse-service/engine";
import {
	encodeHeaders,
	type NatsCallback,
	type NatsConnection,
	type NatsMessage,
} from "./client.js";
import { Connectivity } from "./connectivity.js";

// The time limit of an answer, from the one before it in its batch: a slow link brings large ones one after the other.
const TIMEOUT_MS = 5_000;

const EMPTY = new Uint8Array();

export interface Outgoing {
	readonly subject: string;
	readonly payload?: Uint8Array | undefined;
	readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** `undefined`: nobody listens on that subject, so nothing has been done. */
export type Answer = NatsMessage | Error | undefined;

interface Batch {
	readonly messages: readonly Outgoing[];
	readonly answers: Answer[];
	/** By index. */
	readonly missing: Set<number>;
	readonly resolve: (answers: readonly Answer[]) => void;
	readonly timer: ReturnType<typeof setTimeout>;
}

export class Requests {
	readonly connectivity: Connectivity;
	readonly #connection: NatsConnection;
	readonly #inboxPrefix: string;
	readonly #inbox: string;
	readonly #batches = new Map<number, Batch>();
	/** Requests made while the connection was down, not sent yet. */
	readonly #waiting = new Set<number>();
	/** `undefined`: it is not open. */
	#unsubscribe: (() => void) | undefined;
	#unlisten = (): void => {};
	#count = 0;
	/** The length of all unanswered messages. */
	#length = 0;

	constructor(connection: NatsConnection, inboxPrefix: string) {
		this.#connection = connection;
		this.#inboxPrefix = inboxPrefix;
		this.#inbox = this.newInbox();
		this.connectivity = new Connectivity(connection);
	}

	/** @throws as the client does when the connection is closed */
	open(): void {
		if (this.#unsubscribe !== undefined) return;
		this.#unsubscribe = this.subscribe(`${this.#inbox}.>`, (message) => this.#take(message));
		this.#unlisten = this.connectivity.listen({
			onDown: (error) => this.#onDown(error),
			onUp: () => this.#onUp(),
			onRefused: (subject, error) => this.#onRefused(subject, error),
		});
		this.connectivity.start();
	}

	/** Creates a subject that nobody else listens on. */
	newInbox(): string {
		return `${this.#inboxPrefix}.${randomBytes(16).toString("base64url")}`;
	}

	/** @param take must not throw. @returns a function that unsubscribes */
	subscribe(
		subject: string,
		take: (message: NatsMessage) => void,
		onError: (error: Error) => void = () => {},
	): () => void {
		const callback: NatsCallback = (error, message) =>
			error === null ? take(message) : onError(error);
		const subscription = this.#connection.subscribe(subject, { callback });
		return () => {
			if (!this.#connection.isClosed()) subscription.unsubscribe();
		};
	}

	/** Sends a message without an answer. It is lost if the connection is down. */
	tell(subject: string, payload: Uint8Array = EMPTY, reply?: string): void {
		try {
			this.#connection.publish(subject, payload, reply === undefined ? {} : { reply });
		} catch {
			// The connection is closed.
		}
	}

	async send(message: Outgoing): Promise<NatsMessage | undefined> {
		const [answer] = await this.sendAll([message]);
		if (answer instanceof Error) throw answer;
		return answer;
	}

	/** Sends messages in order, and resolves to an answer for each. Never rejects. */
	sendAll(messages: readonly Outgoing[]): Promise<readonly Answer[]> {
		if (messages.length === 0) return Promise.resolve([]);
		const number = this.#count++;
		for (const { payload = EMPTY } of messages) this.#length += payload.length;
		// Nothing is on its way over a connection that is down.
		const timeoutMs = TIMEOUT_MS + sendingMs(this.connectivity.isUp ? this.#length : 0);
		return new Promise((resolve) => {
			const expire = (): void => {
				const why = this.connectivity.isUp ? "did not answer" : "is not connected";
				this.#fail(number, new Error(`NATS ${why} within ${Math.round(timeoutMs)} ms`));
			};
			const timer = setTimeout(expire, timeoutMs);
			timer.unref();
			const missing = new Set(messages.keys());
			const answers: Answer[] = [];
			this.#batches.set(number, { messages, answers, missing, resolve, timer });
			// On a closed connection each fails at once.
			if (this.connectivity.isUp || this.#connection.isClosed()) this.#publish(number);
			else this.#waiting.add(number);
		});
	}

	close(): void {
		for (const number of [...this.#batches.keys()]) {
			this.#fail(number, new Error("It is closed"));
		}
		this.#unlisten();
		this.connectivity.stop();
		this.#unsubscribe?.();
		this.#unsubscribe = undefined;
	}

	#publish(number: number): void {
		const { messages = [] } = this.#batches.get(number) ?? {};
		for (const [index, { subject, payload = EMPTY, headers }] of messages.entries()) {
			const options: { reply: string; headers?: object } = {
				reply: `${this.#inbox}.${number}.${index}`,
			};
			if (headers !== undefined) options.headers = encodeHeaders(headers);
			try {
				this.#connection.publish(subject, payload, options);
			} catch (error) {
				// The message is too large, or the connection is closed.
				this.#settle(number, index, this.#tooLarge(payload) ?? toError(error));
			}
		}
	}

	/** How many bytes the server takes in a message. */
	get maxPayload(): number {
		return this.#connection.info?.max_payload ?? Infinity;
	}

	#tooLarge({ length }: Uint8Array): SSEError | undefined {
		if (length <= this.maxPayload) return undefined;
		const message = `NATS takes at most ${this.maxPayload} bytes in a message (max_payload), got ${length}`;
		return new SSEError("ERR_SSE_INVALID_DATA", message);
	}

	#take(message: NatsMessage): void {
		const { subject } = message;
		const dot = subject.lastIndexOf(".");
		const [number, index] = [subject.slice(this.#inbox.length + 1, dot), subject.slice(dot + 1)];
		const isUnheard = message.data.length === 0 && message.headers?.code === 503;
		this.#settle(Number(number), Number(index), isUnheard ? undefined : message);
	}

	#settle(number: number, index: number, answer: Answer): void {
		const batch = this.#batches.get(number);
		if (batch === undefined || !batch.missing.delete(index)) return;
		batch.answers[index] = answer;
		this.#length -= batch.messages[index]?.payload?.length ?? 0;
		if (batch.missing.size > 0) return void batch.timer.refresh();
		clearTimeout(batch.timer);
		this.#batches.delete(number);
		this.#waiting.delete(number);
		batch.resolve(batch.answers);
	}

	#fail(number: number, error: Error): void {
		for (const index of this.#batches.get(number)?.missing ?? []) {
			this.#settle(number, index, error);
		}
	}

	/** Fails sent requests. Those that wait for the connection keep waiting if it may reconnect. */
	#onDown(error: Error): void {
		const isOver = this.#connection.isClosed();
		for (const number of [...this.#batches.keys()]) {
			if (isOver || !this.#waiting.has(number)) this.#fail(number, error);
		}
	}

	/** Fails requests on a refused subject, or all of them if it is the subject of the answers. */
	#onRefused(subject: string, error: Error): void {
		const isInbox = subject === `${this.#inbox}.>`;
		for (const [number, { messages, missing }] of [...this.#batches]) {
			for (const index of [...missing]) {
				if (isInbox || messages[index]?.subject === subject) this.#settle(number, index, error);
			}
		}
	}

	#onUp(): void {
		for (const number of this.#waiting) {
			this.#waiting.delete(number);
			this.#publish(number);
		}
	}
}

function toError(thrown: unknown): Error {
	return thrown instanceof Error ? thrown : new Error(String(thrown));
}
