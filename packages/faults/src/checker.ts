/**
 * The checker: holds what all readers have received against the truth.
 */
import type { Position } from "./position.js";
import { Reading, type Violation } from "./reading.js";
import type { Reader, Received } from "./received.js";
import type { Truth } from "./truth.js";

export class Checker {
	readonly #truth: Truth;
	readonly #readings = new Map<Reader, Reading>();

	constructor(truth: Truth) {
		this.#truth = truth;
	}

	/**
	 * Look at what readers have received since the last time. All of them must have come as far: what one was sent is expected of the
	 * others.
	 *
	 * @param upTo where they have come to, if all have
	 */
	check(received: ReadonlyMap<Reader, readonly Received[]>, upTo?: Position): readonly Violation[] {
		const violations: Violation[] = [];
		for (const [{ name }, all] of received) {
			for (const each of all) {
				const what = this.#see(each);
				if (what !== undefined)
					violations.push({ rule: "log", reader: name, what, before: [each] });
			}
		}
		for (const [reader, all] of received) violations.push(...this.#readingOf(reader).goOn(all));
		const states = upTo === undefined ? new Map<string, number>() : this.#truth.states(upTo);
		for (const reader of received.keys()) {
			violations.push(...this.#readingOf(reader).compare(states));
		}
		const what = this.#truth.epochsObjection();
		if (what !== undefined) violations.push({ rule: "log", reader: "all", what, before: [] });
		return violations;
	}

	#see(each: Received): string | undefined {
		if (!("position" in each)) return undefined;
		const number = each.kind === "event" ? each.number : undefined;
		return this.#truth.see(number, each.position, each.at);
	}

	#readingOf(reader: Reader): Reading {
		const reading = this.#readings.get(reader) ?? new Reading(this.#truth, reader);
		this.#readings.set(reader, reading);
		return reading;
	}
}
