/**
 * The checker: compares what all readers received with the truth.
 */
import type { Reader } from "../truth/target.js";
import type { Truth } from "../truth/truth.js";
import { Reading } from "./reading.js";
import type { Received } from "./received.js";
import type { Violation } from "./violation.js";

export class Checker {
	readonly #truth: Truth;
	readonly #readings = new Map<Reader, Reading>();

	constructor(truth: Truth) {
		this.#truth = truth;
	}

	/**
	 * Checks what readers received since the last time. The log must have been read that far.
	 *
	 * @param received by reader, up to a position that all have reached
	 */
	check(received: ReadonlyMap<Reader, readonly Received[]>): readonly Violation[] {
		const violations: Violation[] = [];
		const add = (what: string, reader = "all", before: readonly Received[] = []): void => {
			violations.push({ rule: "log", reader, what, before });
		};
		for (const [{ name }, all] of received) {
			for (const each of all) {
				const what = this.#see(each);
				if (what !== undefined) add(what, name, [each]);
			}
		}
		for (const what of this.#truth.judge()) add(what);
		for (const [reader, all] of received) violations.push(...this.#readingOf(reader).goOn(all));
		for (const reader of received.keys()) violations.push(...this.#readingOf(reader).compare());
		return violations;
	}

	#see(each: Received): string | undefined {
		if (!("position" in each)) return undefined;
		return this.#truth.see(each.kind === "event" ? each.number : undefined, each.position);
	}

	#readingOf(reader: Reader): Reading {
		const reading = this.#readings.get(reader) ?? new Reading(this.#truth, reader);
		this.#readings.set(reader, reading);
		return reading;
	}
}
