/**
 * How long a test waits for something that may never happen: until the machine has been idle so long that nothing can still
 * be working on it.
 */
import { measureIdle } from "./idle-time.js";

const IDLE_LIMIT_MS = 45_000;
/** After this time, the wait is printed: on a busy machine it may take long until it is given up. */
const NOTE_AFTER_SECONDS = 30;

const OWN_FRAME = /testing\/src\/(?:patience|waiting)\./;

/** The patience of one wait. */
export class Patience {
	readonly #what: string | (() => string);
	readonly #begun = process.uptime();
	/** Measured once it has lasted a second: to ask the system takes time, too. */
	#idle: (() => number) | undefined;
	/** Where it was made. To write its stack takes time, and few need it. */
	readonly #here = new Error();
	#isNoted = false;

	constructor(what: string | (() => string)) {
		this.#what = what;
	}

	/** An error that names what was awaited, once the machine has been idle for 45 s; until then, undefined. */
	end(): Error | undefined {
		const seconds = process.uptime() - this.#begun;
		if (seconds < 1) return undefined;
		this.#idle ??= measureIdle();
		if (seconds < NOTE_AFTER_SECONDS) return undefined;
		if (this.#idle() > IDLE_LIMIT_MS) {
			const end = new Error(`waited ${Math.round(seconds)} s for ${this.#text()}`);
			end.stack = [end.message, ...this.#callers()].join("\n");
			return end;
		}
		if (!this.#isNoted) {
			const [caller = ""] = this.#callers();
			process.stderr.write(`still waiting for ${this.#text()} ${caller.trim()}\n`);
		}
		this.#isNoted = true;
		return undefined;
	}

	#callers(): readonly string[] {
		const [, ...frames] = this.#here.stack?.split("\n") ?? [];
		return frames.filter((frame) => !OWN_FRAME.test(frame));
	}

	#text(): string {
		return typeof this.#what === "string" ? this.#what : this.#what();
	}
}
