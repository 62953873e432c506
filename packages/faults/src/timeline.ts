/**
 * The timeline: what was done, and when.
 */
import { now } from "./clock.js";

export class Timeline {
	readonly #lines: string[] = [];
	readonly #print: (line: string) => void;

	constructor(print: (line: string) => void) {
		this.#print = print;
	}

	get lines(): readonly string[] {
		return this.#lines;
	}

	add(what: string): void {
		const line = `${(now() / 1_000).toFixed(2).padStart(8)} s  ${what}`;
		this.#lines.push(line);
		this.#print(line);
	}
}
