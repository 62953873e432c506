/**
 * The sightings: where events are by what was acknowledged, and by the ids that clients received.
 */
import type { Position } from "./position.js";

export interface Sighting {
	readonly position: Position;
	/** `undefined`: only an id said that something is there. */
	number: number | undefined;
}

export class Sightings {
	/** By epoch and sequence. */
	readonly #places = new Map<string, Map<number, Sighting[]>>();
	readonly #ofNumbers = new Map<number, Sighting[]>();
	#new: Sighting[] = [];

	/** @returns the number of another event in the same place, if there is one */
	add(position: Position, number: number | undefined): number | undefined {
		const { epoch, sequence, tag } = position;
		const places = this.#places.get(epoch) ?? new Map<number, Sighting[]>();
		this.#places.set(epoch, places);
		const beside = places.get(sequence) ?? [];
		let sighting = beside.find((each) => each.position.tag === tag);
		if (sighting === undefined) {
			sighting = { position, number: undefined };
			places.set(sequence, [...beside, sighting]);
			this.#new.push(sighting);
		}
		if (number === undefined || sighting.number === number) return undefined;
		if (sighting.number !== undefined) return sighting.number;
		sighting.number = number;
		this.#ofNumbers.set(number, [...this.of(number), sighting]);
		if (!this.#new.includes(sighting)) this.#new.push(sighting);
		return undefined;
	}

	at(epoch: string, sequence: number): readonly Sighting[] {
		return this.#places.get(epoch)?.get(sequence) ?? [];
	}

	/** Every place of an event. */
	of(number: number): readonly Sighting[] {
		return this.#ofNumbers.get(number) ?? [];
	}

	get epochs(): Iterable<string> {
		return this.#places.keys();
	}

	/** What was learned since this was called last. */
	takeNew(): readonly Sighting[] {
		const taken = this.#new;
		this.#new = [];
		return taken;
	}
}
