/**
 * The truth: what was sent, where the log says it is, and what befell the log. Whatever a reader has received is held against it.
 */
import { Losses } from "./losses.js";
import { nameOf, type Position } from "./position.js";
import { isFor, type Reader, type Target } from "./received.js";

interface Sent {
	readonly target: Target;
	readonly at: number;
	/** Only the newest of a key is kept. */
	readonly key: string | undefined;
}

/** An entry of the log: of an event, or of what only the ids of the log show. */
interface Place {
	readonly position: Position;
	number: number | undefined;
	/** Since when that is. */
	knownAt: number;
	/** The engine lost it, though it had acknowledged it, and went on with others. */
	isLost: boolean;
}

export class Truth {
	readonly losses = new Losses();
	readonly #sent = new Map<number, Sent>();
	/** By epoch and sequence; several in one place where the log was given twice. */
	readonly #places = new Map<string, Map<number, Place[]>>();
	/** Where each event is: in one place of each log. */
	readonly #whereabouts = new Map<number, Place[]>();
	readonly #maxEvents: number;
	/** The newest that was acknowledged. */
	#newest: Position | undefined;
	#forkedAfter: number | undefined;

	/** @param maxEvents how many the engine keeps */
	constructor(maxEvents = Infinity) {
		this.#maxEvents = maxEvents;
	}

	send(number: number, target: Target, at: number, key?: string): void {
		this.#sent.set(number, { target, at, key });
	}

	targetOf(number: number): Target | undefined {
		return this.#sent.get(number)?.target;
	}

	keyOf(number: number): string | undefined {
		return this.#sent.get(number)?.key;
	}

	/** Whether it is known where it is. */
	isPlaced(number: number): boolean {
		return this.#whereabouts.has(number);
	}

	/** The log has acknowledged it. @returns what is wrong with that, if anything */
	acknowledge(number: number, position: Position, at: number): string | undefined {
		// NATS knows an idempotency key for longer than the event: of one that is gone it answers no tag.
		const isGone = this.objection("expired", position, position, at) === undefined;
		if (position.tag === "0" && isGone) return undefined;
		const isNewer =
			this.#newest?.epoch !== position.epoch || this.#newest.sequence < position.sequence;
		if (isNewer) this.#newest = position;
		return this.#put(number, position, at);
	}

	/** A reader was sent it then, or, without a number, the id of something. @returns what is wrong with that, if anything */
	see(number: number | undefined, position: Position, at: number): string | undefined {
		return this.#put(number, position, at);
	}

	// What befell the log.

	/** The events up to this one are gone. */
	trim(sequence: number, at: number): void {
		if (this.#newest === undefined) return;
		this.losses.trim({ epoch: this.#newest.epoch, sequence, at });
	}

	/**
	 * The events after this one are gone, though they were acknowledged.
	 *
	 * @param survivors the tags of those that were stored since, where any were
	 */
	cut(sequence: number, at: number, survivors: ReadonlySet<string> = new Set()): void {
		if (this.#newest === undefined) return;
		const { epoch } = this.#newest;
		this.losses.cut({ epoch, sequence, at, survivors });
		for (const places of this.#places.get(epoch)?.values() ?? []) {
			for (const place of places) {
				place.isLost ||= this.losses.isCut(place.position, place.knownAt);
			}
		}
		this.#newest = { epoch, sequence, tag: "" };
	}

	/** Two logs go on after this event, until `heal`. */
	fork(sequence: number, at: number): void {
		this.cut(sequence, at);
		this.#forkedAfter = sequence;
	}

	/** Of what was stored in two logs, these are left. */
	heal(survivors: ReadonlySet<string>, at: number): void {
		this.cut(this.#forkedAfter ?? 0, at, survivors);
		this.#forkedAfter = undefined;
	}

	/** Everything is gone. */
	wipe(): void {
		this.losses.wipe(this.#places.keys());
	}

	// What follows from it.

	/** What a reader must have been sent after one position, up to another. */
	*between(after: Position, upTo: Position, reader: Reader): Iterable<number> {
		const places = this.#places.get(after.epoch);
		// What was lost is not demanded, and what was given in its place is behind a gap.
		const end = this.isLost(upTo) ? this.losses.cutBefore(upTo) : upTo;
		for (let sequence = after.sequence + 1; sequence <= (end?.sequence ?? 0); sequence++) {
			for (const { number, isLost } of places?.get(sequence) ?? []) {
				const sent = number === undefined || isLost ? undefined : this.#sent.get(number);
				// A newer one of its key may have taken its place.
				if (number === undefined || sent === undefined || sent.key !== undefined) continue;
				if (isFor(sent.target, reader)) yield number;
			}
		}
	}

	/** The newest event of each key, for those of which there is none after a position: that may be on its way. */
	states(upTo: Position): ReadonlyMap<string, number> {
		const newest = new Map<string, { readonly number: number; readonly sequence: number }>();
		for (const [sequence, places] of this.#places.get(upTo.epoch) ?? []) {
			for (const { number, isLost } of places) {
				const key = number === undefined || isLost ? undefined : this.keyOf(number);
				if (number === undefined || key === undefined) continue;
				if (sequence > (newest.get(key)?.sequence ?? 0)) newest.set(key, { number, sequence });
			}
		}
		const isOld = ({ sequence }: { readonly sequence: number }): boolean =>
			sequence <= upTo.sequence;
		return new Map([...newest].flatMap(([key, each]) => (isOld(each) ? [[key, each.number]] : [])));
	}

	isLost(position: Position): boolean {
		return this.#placeOf(position)?.isLost === true;
	}

	/** What speaks against the reason of a gap after a position, if anything does. */
	objection(reason: string, from: Position, to: Position, at: number): string | undefined {
		const { epoch, sequence = 0 } = this.#newest ?? {};
		const isOld = epoch === from.epoch && sequence - from.sequence >= this.#maxEvents;
		if (reason === "expired" && isOld) return undefined;
		return this.losses.objection(reason, from, to, at);
	}

	/** What speaks against the number of epochs there were, if anything does. */
	epochsObjection(): string | undefined {
		const { size } = this.#places;
		const most = this.losses.epochs;
		return size > most ? `there were ${size} epochs, where ${most} are explained` : undefined;
	}

	#put(number: number | undefined, position: Position, at: number): string | undefined {
		const known = this.#placeOf(position);
		const place = known ?? this.#add(position, at);
		place.knownAt = Math.min(place.knownAt, at);
		place.isLost ||= this.losses.isCut(position, at);
		if (number === undefined) return known === undefined ? this.#clash(place) : undefined;
		if (place.number !== undefined && place.number !== number) {
			return `events ${place.number} and ${number} are both at ${nameOf(position)}`;
		}
		place.number = number;
		const wheres = this.#whereabouts.get(number) ?? [];
		if (wheres.includes(place)) return undefined;
		this.#whereabouts.set(number, [...wheres, place]);
		const isForked = this.#forkedAfter !== undefined;
		const other = isForked ? undefined : wheres.find((each) => isOfOneLog(each, place));
		if (other !== undefined) {
			return `event ${number} is at ${nameOf(other.position)} and at ${nameOf(position)}`;
		}
		return known === undefined ? this.#clash(place) : undefined;
	}

	/** Whether another entry is in the same place, of a log that never lost that. */
	#clash({ position }: Place): string | undefined {
		const { epoch, sequence } = position;
		const places = this.#places.get(epoch)?.get(sequence) ?? [];
		if (places.length < 2 || this.losses.cutBefore(position) !== undefined) return undefined;
		return `the log has several entries in one place: ${places.map((each) => nameOf(each.position)).join(", ")}`;
	}

	#add(position: Position, knownAt: number): Place {
		const place = { position, number: undefined, knownAt, isLost: false };
		const { epoch, sequence } = position;
		const places = this.#places.get(epoch) ?? new Map<number, Place[]>();
		this.#places.set(epoch, places);
		places.set(sequence, [...(places.get(sequence) ?? []), place]);
		return place;
	}

	#placeOf({ epoch, sequence, tag }: Position): Place | undefined {
		const places = this.#places.get(epoch)?.get(sequence);
		return places?.find(({ position }) => position.tag === tag);
	}
}

function isOfOneLog(one: Place, other: Place): boolean {
	return one.position.epoch === other.position.epoch && !one.isLost && !other.isLost;
}
