/**
 * What processes tell each other of runs: which were cancelled, and which were released. A message can get lost; the producer of a
 * cancelled run then learns of it when it writes next, and what was released is looked up after a break.
 */
import { randomBytes } from "node:crypto";
import type { NatsMessage } from "../client.js";
import type { Requests } from "../requests.js";

export interface RunControlMessage {
	readonly kind: "cancelled" | "released";
	readonly id: string;
	readonly attempt: string;
}

export class RunControl {
	readonly #requests: Requests;
	readonly #subject: string;
	/** Of this process, which does not hear itself. */
	readonly #by = randomBytes(6).toString("base64url");
	readonly #take: (message: RunControlMessage) => void;
	#unsubscribe: (() => void) | undefined;

	constructor(requests: Requests, subject: string, take: (message: RunControlMessage) => void) {
		this.#requests = requests;
		this.#subject = subject;
		this.#take = take;
	}

	/** @throws as the client does when the connection is closed */
	open(): void {
		this.#unsubscribe ??= this.#requests.subscribe(this.#subject, (message) =>
			this.#receive(message),
		);
	}

	close(): void {
		this.#unsubscribe?.();
	}

	/** Tells every process, this one at once. */
	tell(message: RunControlMessage): void {
		const text = JSON.stringify({ ...message, by: this.#by });
		this.#requests.tell(this.#subject, Buffer.from(text));
		this.#take(message);
	}

	#receive({ data }: NatsMessage): void {
		try {
			const { by, kind, id, attempt } = JSON.parse(Buffer.from(data).toString());
			const isKnown = kind === "cancelled" || kind === "released";
			if (by === this.#by || !isKnown) return;
			this.#take({ kind, id: String(id), attempt: String(attempt) });
		} catch {
			// Of another program.
		}
	}
}
