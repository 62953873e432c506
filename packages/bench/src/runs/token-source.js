// The tokens that a process has to produce, as so many models would: each run has its own phase. One timer makes those of all
// runs, because a timer for each token would cost more than some contenders do.

import { nowMicros } from "../usage.js";

/** @typedef {{ first: number, runs: number, tokens: number, everyMs: number }} Work */
/** @typedef {IteratorResult<string, undefined>} Step */

const TICK_MS = 1;
/** @type {Promise<{ done: true, value: undefined }>} */
const OVER = Promise.resolve({ done: true, value: undefined });

/** @type {Set<Tokens>} */
const running = new Set();
/** @type {NodeJS.Timeout | undefined} */
let timer;

function tick() {
	const now = performance.now();
	const madeAt = nowMicros();
	for (const tokens of running) tokens.make(now, madeAt);
	if (running.size > 0) return;
	clearInterval(timer);
	timer = undefined;
}

/** The tokens of one run. Each says its place and when it was made. @implements {AsyncIterableIterator<string, undefined>} */
class Tokens {
	/** @type {string[]} made, and not taken yet */
	#waiting = [];
	/** @type {((step: Step) => void) | undefined} */
	#take;
	#made = 0;
	#nextAt;
	#work;

	/** @param {Work} work */
	constructor(work) {
		this.#work = work;
		this.#nextAt = performance.now() + Math.random() * work.everyMs;
		running.add(this);
		timer ??= setInterval(tick, TICK_MS);
	}

	[Symbol.asyncIterator]() {
		return this;
	}

	/** Makes what is due. @param {number} now @param {number} madeAt for the receiver, in microseconds */
	make(now, madeAt) {
		for (; this.#nextAt <= now; this.#nextAt += this.#work.everyMs) {
			if (this.#made === this.#work.tokens) {
				running.delete(this);
				this.#take?.({ done: true, value: undefined });
				return;
			}
			const token = `${this.#made++}@${madeAt}@token`;
			const take = this.#take;
			this.#take = undefined;
			if (take === undefined) this.#waiting.push(token);
			else take({ done: false, value: token });
		}
	}

	/** A call must not overlap another. @returns {Promise<Step>} */
	next() {
		const token = this.#waiting.shift();
		if (token !== undefined) return Promise.resolve({ done: false, value: token });
		if (!running.has(this)) return OVER;
		return new Promise((resolve) => {
			this.#take = resolve;
		});
	}

	/** @returns {Promise<Step>} */
	return() {
		running.delete(this);
		return OVER;
	}
}

/** @param {Work} work @returns {AsyncIterableIterator<string, undefined>} begins at once, and waits for nobody */
export function startTokens(work) {
	return new Tokens(work);
}
