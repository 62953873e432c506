/**
 * How long a test waits for what does not come: until the machine has been idle for so long that nobody can be working
 * on it.
 */
import { measureIdle } from "./idle-time.js";

const IDLE_LIMIT_MS = 45_000;
/** Then whoever watches learns what is awaited: on a busy machine it may take long until the wait is given up. */
const NOTE_AFTER_SECONDS = 30;

/** The patience of one wait. */
export class Patience {
	readonly #what: string | (() => string);
	readonly #begun = process.uptime();
	readonly #idle = measureIdle();
	readonly #stack: string;
	#isNoted = false;

	/** Made in a function that a test calls. */
	constructor(what: string | (() => string)) {
		this.#what = what;
		// Of this, and of the function.
		const [, , , ...frames] = new Error().stack?.split("\n") ?? [];
		this.#stack = frames.join("\n");
	}

	/** An error that names what was awaited, once the machine has been idle for 45 s; until then, undefined. */
	end(): Error | undefined {
		const seconds = process.uptime() - this.#begun;
		if (seconds < NOTE_AFTER_SECONDS) return undefined;
		if (this.#idle() > IDLE_LIMIT_MS) {
			const end = new Error(`waited ${Math.round(seconds)} s for ${this.#text()}`);
			end.stack = `${end.message}\n${this.#stack}`;
			return end;
		}
		if (!this.#isNoted) {
			const [caller = ""] = this.#stack.split("\n");
			process.stderr.write(`still waiting for ${this.#text()} ${caller.trim()}\n`);
		}
		this.#isNoted = true;
		return undefined;
	}

	#text(): string {
		return typeof this.#what === "string" ? this.#what : this.#what();
	}
}
