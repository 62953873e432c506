/**
 * Connectivity: whether the caller's connection is up, as reported by its client. The client reconnects by itself, but pending
 * requests are lost and would never be answered.
 */
import type { NatsConnection, NatsStatus } from "./client.js";

export interface ConnectivityListener {
	onDown?(error: Error): void;
	onUp?(): void;
	/** Called when the server does not permit a subject. It notifies only the connection, and does not answer the request. */
	onRefused?(subject: string, error: Error): void;
}

export class Connectivity {
	readonly #connection: NatsConnection;
	readonly #listeners = new Set<ConnectivityListener>();
	#status: (AsyncIterable<NatsStatus> & { stop?(): void }) | undefined;
	#isUp = true;

	constructor(connection: NatsConnection) {
		this.#connection = connection;
	}

	get isUp(): boolean {
		return this.#isUp && !this.#connection.isClosed();
	}

	start(): void {
		if (this.#status === undefined) void this.#watch().catch(() => {});
	}

	/** @returns a function that removes the listener */
	listen(listener: ConnectivityListener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	stop(): void {
		// Its `return` would wait for the next status.
		this.#status?.stop?.();
		this.#status = undefined;
	}

	async #watch(): Promise<void> {
		const status = this.#connection.status();
		this.#status = status;
		// One of the clients does not end the status iterator on close.
		void this.#connection.closed().then(() => {
			if (this.#status === status) this.#goDown("The connection to NATS has been closed");
		});
		for await (const each of status) this.#take(each);
	}

	#take(status: NatsStatus): void {
		const { type } = status;
		if (type === "disconnect") this.#goDown("The connection to NATS is broken");
		else if (type === "reconnect") {
			this.#isUp = true;
			for (const { onUp } of [...this.#listeners]) onUp?.();
		} else if (type === "error") {
			const subject = refusedBy(status);
			if (subject === undefined) return;
			const error = new Error(`NATS does not permit ${subject}`);
			for (const { onRefused } of [...this.#listeners]) onRefused?.(subject, error);
		}
	}

	#goDown(message: string): void {
		this.#isUp = false;
		for (const { onDown } of [...this.#listeners]) onDown?.(new Error(message));
	}
}

/** The refused subject, if the status is a refusal. One client reports it in an error, the other next to a code. */
function refusedBy({ error, permissionContext }: NatsStatus): string | undefined {
	const { subject } = (permissionContext ?? error ?? {}) as { readonly subject?: unknown };
	return typeof subject === "string" ? subject : undefined;
}
