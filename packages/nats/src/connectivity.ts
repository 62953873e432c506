/**
 * Connectivity: whether the caller's connection is up, as its client says it. The client reconnects by itself; what was on
 * its way then is lost, and whoever waits for an answer would wait in vain.
 */
import type { NatsConnection, NatsStatus } from "./client.js";

export interface ConnectivityListener {
	onDown?(error: Error): void;
	onUp?(): void;
}

export class Connectivity {
	readonly #connection: NatsConnection;
	readonly #listeners = new Set<ConnectivityListener>();
	#status: (AsyncIterable<NatsStatus> & { stop?(): void }) | undefined;
	#isUp = true;
	/** What the server refused last: it says so to the connection, and answers nothing to whoever asked. */
	#refusal: string | undefined;

	constructor(connection: NatsConnection) {
		this.#connection = connection;
	}

	get isUp(): boolean {
		return this.#isUp && !this.#connection.isClosed();
	}

	/** Why something may not have been answered. */
	get refusal(): string {
		return this.#refusal === undefined ? "" : `; it said last: ${this.#refusal}`;
	}

	start(): void {
		if (this.#status === undefined) void this.#watch().catch(() => {});
	}

	/** @returns to be called when it is to be told no more */
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
		// One of the clients does not end the status by that.
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
		} else if (type === "error") this.#refusal = reasonOf(status);
	}

	#goDown(message: string): void {
		this.#isUp = false;
		for (const { onDown } of [...this.#listeners]) onDown?.(new Error(message));
	}
}

/** One client has an error, the other a code and what was not permitted. */
function reasonOf({ error, data, permissionContext = {} }: NatsStatus): string {
	if (error instanceof Error) return error.message;
	return [data, ...Object.values(permissionContext)].join(" ");
}
