/**
 * Consumes the messages of a stream, in order, from an ephemeral consumer that sends to an inbox of our own. Their numbers,
 * and heartbeats with the last sent number, prove that none is missing.
 */
import type { NatsMessage } from "./client.js";
import { type Delivery, toDelivery } from "./delivery.js";
import {
	HEARTBEAT_MS,
	type JetStream,
	MAX_MISSED_HEARTBEATS,
	MISSED_HEARTBEATS,
} from "./jetstream.js";
import type { ConsumerConfig, ConsumerInfo } from "./jetstream-api.js";

export interface Consuming {
	readonly stream: string;
	readonly config: ConsumerConfig;
	/** Called before any message is taken. What it throws, or rejects with, ends the consuming. */
	onCreated?(info: ConsumerInfo): void | Promise<void>;
	/** Called before the first message is taken, unless the consuming has ended. */
	onAccepted?(): void;
	/** What it throws ends the consuming. */
	take(delivery: Delivery): void;
	/** Called with the sequence of the last message sent, once it has been processed. What it throws ends the consuming. */
	onHeartbeat?(sequence: number): void;
}

/** Resolves when the signal aborts. Rejects as soon as the connection breaks or stalls, or a message is missing. */
export async function consume(
	jetStream: JetStream,
	consuming: Consuming,
	signal: AbortSignal,
): Promise<void> {
	if (signal.aborted) return;
	const consumer = new Consumer(jetStream, consuming);
	const onAbort = (): void => consumer.end();
	signal.addEventListener("abort", onAbort);
	try {
		await consumer.ended;
	} finally {
		signal.removeEventListener("abort", onAbort);
	}
}

class Consumer {
	readonly ended: Promise<void>;
	readonly #jetStream: JetStream;
	readonly #consuming: Consuming;
	readonly #unlisten: () => void;
	readonly #timer: ReturnType<typeof setInterval>;
	#settle: (error: unknown) => void = () => {};
	#unsubscribe: () => void = () => {};
	#isEnded = false;
	#name: string | undefined;
	#isSubscribed = false;
	/** The consumer's own number of the last message, from 1 without holes. */
	#last = 0;
	#silentTicks = 0;

	constructor(jetStream: JetStream, consuming: Consuming) {
		const { requests } = jetStream;
		this.#jetStream = jetStream;
		this.#consuming = consuming;
		this.#unlisten = requests.connectivity.listen({ onDown: (error) => this.end(error) });
		this.#timer = setInterval(() => this.#tick(), HEARTBEAT_MS);
		this.#timer.unref();
		this.ended = new Promise<void>((resolve, reject) => {
			this.#settle = (error) => (error === undefined ? resolve() : reject(error));
		});
		void this.#create();
	}

	end(error?: unknown): void {
		if (this.#isEnded) return;
		this.#isEnded = true;
		clearInterval(this.#timer);
		this.#unlisten();
		this.#unsubscribe();
		if (this.#name !== undefined) {
			this.#jetStream.deleteConsumer(this.#consuming.stream, this.#name);
		}
		this.#settle(error);
	}

	/** Subscribes last: over a slow link, the answers to the requests before would be behind the messages. */
	async #create(): Promise<void> {
		const { stream, config, onCreated, onAccepted } = this.#consuming;
		const { requests } = this.#jetStream;
		const inbox = requests.newInbox();
		try {
			const info = await this.#jetStream.createConsumer(stream, inbox, config);
			if (this.#isEnded) return this.#jetStream.deleteConsumer(stream, info.name);
			this.#name = info.name;
			await onCreated?.(info);
			if (!this.#isEnded) onAccepted?.();
			if (this.#isEnded) return;
			this.#unsubscribe = requests.subscribe(
				inbox,
				(message) => this.#guard(() => this.#receive(message)),
				(error) => this.end(error),
			);
			this.#isSubscribed = true;
		} catch (error) {
			this.end(error);
		}
	}

	/** Catches errors, because the clients stop reading if a callback throws. */
	#guard(receive: () => void): void {
		if (this.#isEnded) return;
		try {
			receive();
		} catch (error) {
			this.end(error);
		}
	}

	#receive(message: NatsMessage): void {
		this.#silentTicks = 0;
		if (message.headers?.code === 100) this.#control(message);
		else this.#deliver(message);
	}

	#control({ reply, headers }: NatsMessage): void {
		// Flow control: the server asks whether earlier messages have been processed.
		const asked = reply || headers?.get("Nats-Consumer-Stalled");
		if (asked) this.#jetStream.requests.tell(asked);
		const last = headers?.get("Nats-Last-Consumer");
		if (!last) return;
		if (Number(last) !== this.#last) throw this.#missing();
		this.#jetStream.missedHeartbeats = MISSED_HEARTBEATS;
		this.#consuming.onHeartbeat?.(Number(headers?.get("Nats-Last-Stream")));
	}

	#deliver(message: NatsMessage): void {
		const delivery = toDelivery(message);
		if (delivery.number !== ++this.#last) throw this.#missing();
		this.#consuming.take(delivery);
	}

	#missing(): Error {
		return new Error(`Messages of the stream ${this.#consuming.stream} were lost on their way`);
	}

	/** Counts missed heartbeats. Until the consumer is accepted, each request has its own deadline. */
	#tick(): void {
		const { missedHeartbeats } = this.#jetStream;
		if (!this.#isSubscribed || ++this.#silentTicks <= missedHeartbeats) return;
		this.#jetStream.missedHeartbeats = Math.min(MAX_MISSED_HEARTBEATS, missedHeartbeats * 2);
		const { stream } = this.#consuming;
		this.end(new Error(`NATS delivers no messages and no heartbeats of the stream ${stream}`));
	}
}
