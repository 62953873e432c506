/**
 * The reading: goes through what one reader has received, from one position to the next, and says what is wrong with it. Everything
 * that was for the reader was received, once and in order, or a gap covers it.
 */
import { nameOf, type Position } from "./position.js";
import { isFor, type Reader, type Received, STATE_GROUP } from "./received.js";
import type { Truth } from "./truth.js";

export type Rule =
	/** An event that nobody sent. */
	| "unknown"
	/** An event that was for others. */
	| "foreign"
	| "twice"
	| "order"
	/** An event that is neither there nor covered by a gap. */
	| "missed"
	/** The log is another than before, and no gap says so. */
	| "continuity"
	/** It has not the newest event of a key. */
	| "state"
	/** A gap that nothing explains. */
	| "gap"
	/** What was acknowledged, or sent to different readers, does not fit together. */
	| "log"
	/** It was not sent what it should have been in time. */
	| "live"
	/** A process did not say how it is. */
	| "health";

export interface Violation {
	readonly rule: Rule;
	readonly reader: string;
	readonly what: string;
	/** What it had received last, the offending last. */
	readonly before: readonly Received[];
}

/** Enough to see what happened. */
export const KEPT = 40;

export class Reading {
	readonly #truth: Truth;
	readonly #reader: Reader;
	readonly #recent: Received[] = [];
	/** The newest event of each key, as far as it was sent it. */
	readonly #states = new Map<string, number>();
	#at: Position | undefined;

	constructor(truth: Truth, reader: Reader) {
		this.#truth = truth;
		this.#reader = reader;
	}

	/** Everybody's must be in the truth before: what one has been sent, others must have been sent, too. */
	*goOn(received: readonly Received[]): Iterable<Violation> {
		for (const each of received) {
			const problems = [...this.#look(each)];
			this.#recent.push(each);
			if (this.#recent.length > KEPT) this.#recent.shift();
			if ("position" in each) this.#at = each.position;
			const key = "number" in each ? this.#truth.keyOf(each.number) : undefined;
			if ("number" in each && key !== undefined) this.#states.set(key, each.number);
			for (const [rule, what] of problems) {
				yield { rule, reader: this.#reader.name, what, before: [...this.#recent] };
			}
		}
	}

	/** Look whether it has the newest event of each key, once it has come to where these are. */
	*compare(states: ReadonlyMap<string, number>): Iterable<Violation> {
		if (!this.#reader.groups.includes(STATE_GROUP)) return;
		for (const [key, number] of states) {
			const own = this.#states.get(key);
			const isNewer = own !== undefined && !this.#truth.isPlaced(own);
			if (own === number || isNewer) continue;
			const what = `of ${key} it has event ${own}, and the newest is ${number}`;
			yield { rule: "state", reader: this.#reader.name, what, before: [...this.#recent] };
		}
	}

	*#look(received: Received): Iterable<[Rule, string]> {
		if (received.kind === "opened" || received.kind === "closed") return;
		if (received.kind === "state") {
			const isKnown = this.#truth.keyOf(received.number) !== undefined;
			if (!isKnown) yield ["unknown", `event ${received.number} was never sent with a key`];
			return;
		}
		if (received.kind === "gap") return yield* this.#lookAtGap(received);
		const { position } = received;
		if (received.kind === "event") {
			const { number } = received;
			const target = this.#truth.targetOf(number);
			if (target === undefined) return yield ["unknown", `event ${number} was never sent`];
			if (!isFor(target, this.#reader)) {
				yield ["foreign", `event ${number} was for ${JSON.stringify(target)}`];
			}
			const isRepeated =
				position.epoch === this.#at?.epoch && position.sequence <= this.#at.sequence;
			if (isRepeated) {
				const isTwice = this.#recent.some(
					(each) => each.kind === "event" && each.number === number,
				);
				return yield [isTwice ? "twice" : "order", `event ${number} came after ${this.#where}`];
			}
		}
		yield* this.#lookBetween(position, received.kind === "event" ? received.number : undefined);
	}

	/** Whether all is there between where the reader was and where it is now, with an event if it is there by one. */
	*#lookBetween(position: Position, number: number | undefined): Iterable<[Rule, string]> {
		const at = this.#at;
		if (at === undefined) return;
		const { epoch, sequence, tag } = position;
		const to = `from ${this.#where} to ${nameOf(position)}`;
		if (epoch !== at.epoch) return yield ["continuity", `the epoch changes ${to} without a gap`];
		if (sequence < at.sequence) return yield ["order", `it goes back ${to}`];
		if (sequence === at.sequence && tag !== at.tag) {
			return yield ["continuity", `the log diverges ${to} without a gap`];
		}
		if (this.#truth.isLost(at) && !this.#truth.isLost(position)) {
			return yield ["continuity", `it goes on from what was lost, ${to}, without a gap`];
		}
		const expected = [...this.#truth.between(at, position, this.#reader)];
		const missed = expected.filter((each) => each !== number);
		if (missed.length > 0) {
			yield ["missed", `it goes ${to}, and has not been sent ${missed.slice(0, 10).join(", ")}`];
		}
	}

	*#lookAtGap({
		reason,
		position,
		at: time,
	}: Received & { kind: "gap" }): Iterable<[Rule, string]> {
		const at = this.#at;
		// It came with a position.
		if (at === undefined) return yield ["gap", "it was nowhere before"];
		const to = `from ${this.#where} to ${nameOf(position)}`;
		const objection = this.#truth.objection(reason, at, position, time);
		if (objection !== undefined) yield ["gap", `a gap says ${reason} ${to}: ${objection}`];
		const isBack = position.epoch === at.epoch && position.sequence < at.sequence;
		if (isBack && reason !== "diverged") yield ["gap", `a gap leads back ${to}`];
	}

	get #where(): string {
		return this.#at === undefined ? "nowhere" : nameOf(this.#at);
	}
}
