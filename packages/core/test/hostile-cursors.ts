/**
 * Strings that look like cursors, near and far.
 */
import { createRandom, type Random } from "@sse-service/testing";

// What Node takes of all headers of a request.
const MAX_HEADER_BYTES = 16 * 1024;

/** Made from some that are cursors; a seed repeats them. */
export class HostileCursors {
	readonly #random: Random;
	readonly #valid: readonly string[];

	constructor(seed: number, valid: readonly string[]) {
		this.#random = createRandom(seed);
		this.#valid = valid;
	}

	next(): string {
		const kind = this.#below(16);
		const valid = this.#pick(this.#valid);
		const [version = "", epoch = "", sequence = "", tag = ""] = valid.split(/[.~;]/);
		switch (kind) {
			case 0:
				return valid;
			case 1:
				return `${valid}${this.#pick(["~", "~~", ";", ";own", "~;own", ";~", ";a;b", "~x", "\n", ";\u2028"])}`;
			case 2:
				return [version, this.#word(), sequence, tag].join(".");
			case 3:
				return [version, epoch, this.#number(), tag].join(".");
			case 4:
				return [version, epoch, sequence, this.#word()].join(".");
			case 5:
				return [version, epoch, this.#number(), this.#word()].join(".");
			case 6:
				return [this.#pick(["v0", "v2", "V1", "v01", "v", "", "1"]), epoch, sequence, tag].join(
					".",
				);
			case 7:
				return valid.split(".").slice(0, this.#below(4)).join(".");
			case 8:
				return valid.slice(this.#below(Math.max(1, valid.length)));
			case 9:
				return valid.toUpperCase();
			case 10:
				return this.#below(50) === 0 ? this.#long(valid) : `${valid} `;
			case 11:
				return Array.from({ length: this.#below(40) }, () => this.#character()).join("");
			default:
				return this.#mutated(valid, 1 + this.#below(3));
		}
	}

	#mutated(text: string, times: number): string {
		const characters = [...text];
		for (let count = 0; count < times; count++) {
			const removed = this.#below(2);
			const added = this.#below(3) === 0 ? [] : [this.#character()];
			characters.splice(this.#below(characters.length + 1), removed, ...added);
		}
		return characters.join("");
	}

	#long(valid: string): string {
		const filler = this.#pick(["a", "0", ".", "~", ";", "v1.", "-", "\u{1f600}", "\u2028"]);
		const long = filler.repeat(Math.ceil(this.#below(MAX_HEADER_BYTES) / filler.length));
		return this.#pick([
			long,
			`${valid}${long}`,
			`${valid};${long}`,
			`v1.${long}.1.a`,
			`v1.a.${long}.a`,
		]);
	}

	#number(): string {
		return this.#pick([
			this.#below(100).toString(36),
			(2 ** this.#below(60)).toString(36),
			Number.MAX_SAFE_INTEGER.toString(36),
			"zzzzzzzzzzz",
			"zzzzzzzzzzzz",
			"00",
			"-1",
			"1e3",
			"0x1",
			"NaN",
			"Infinity",
			"",
		]);
	}

	#word(): string {
		return Array.from({ length: this.#below(24) }, () => this.#pick([..."abcxyz0189_-"])).join("");
	}

	#character(): string {
		return this.#pick([
			...".~;vV10aZ-_ %+,\"'\\/\t\0\r\n",
			"\u00e9",
			"\u2028",
			"\ud800",
			"\u{1f600}",
			"__proto__",
			String.fromCharCode(this.#below(0x10000)),
		]);
	}

	#pick<T>(from: readonly T[]): T {
		return from[this.#below(from.length)] as T;
	}

	#below(end: number): number {
		return this.#random.between(0, end - 1);
	}
}
