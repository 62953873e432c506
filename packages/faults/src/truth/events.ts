/**
 * The events that were sent, by number and by key.
 */
import { keyNameOf, type Sent } from "./sent.js";

export class Events {
	readonly #sent = new Map<number, Sent>();
	readonly #ofKeys = new Map<string, number[]>();

	add(number: number, sent: Sent): void {
		this.#sent.set(number, sent);
		const key = keyNameOf(sent);
		if (key !== undefined) this.#ofKeys.set(key, [...this.ofKey(key), number]);
	}

	get(number: number): Sent | undefined {
		return this.#sent.get(number);
	}

	/** The name of its key, with its target. */
	keyOf(number: number): string | undefined {
		const sent = this.#sent.get(number);
		return sent && keyNameOf(sent);
	}

	ofKey(key: string): readonly number[] {
		return this.#ofKeys.get(key) ?? [];
	}
}
