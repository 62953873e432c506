/**
 * How texts get from one inspector to the others: signals through the event log, and posts in its engine.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { SharedLog } from "sse-service/adapter";

const TOPIC = "inspector";
/** Posts of inspectors have their id after this. */
const PREFIX = "inspector:";
const CHANNEL = "sse-service:log:signal";

interface Signal {
	readonly service: unknown;
	readonly topic: string;
	readonly text: string;
}

export class PeerMail {
	readonly #shared: SharedLog;
	readonly #id: string;
	readonly #listener: (message: unknown) => void;

	/** @param onSignal called with the text of each signal that reaches this service */
	constructor(shared: SharedLog, id: string, service: unknown, onSignal: (text: string) => void) {
		this.#shared = shared;
		this.#id = id;
		this.#listener = (message) => {
			const signal = message as Signal;
			if (signal.service === service && signal.topic === TOPIC) onSignal(signal.text);
		};
		subscribe(CHANNEL, this.#listener);
	}

	/** Sends a text to every other process. */
	async tell(text: string): Promise<void> {
		await this.#shared.tell({ do: "signal", target: {}, topic: TOPIC, text });
	}

	/** Keeps a text of this process in the engine, in place of the one before. */
	post(text: string, ttlMs: number): Promise<void> {
		return this.#shared.post(PREFIX + this.#id, text, ttlMs);
	}

	/** The texts of the other processes, by their id. */
	async posted(): Promise<ReadonlyMap<string, string>> {
		const others = [...(await this.#shared.posted())].flatMap(([name, text]) => {
			const id = name.slice(PREFIX.length);
			return name.startsWith(PREFIX) && id !== this.#id ? [[id, text] as const] : [];
		});
		return new Map(others);
	}

	close(): void {
		unsubscribe(CHANNEL, this.#listener);
	}
}
