// Counts what passed and what failed, and prints one line per step and a summary as the last line.

/**
 * @typedef {object} Verdict
 * @property {boolean} ok
 * @property {string} output shown when not ok
 */

export class Report {
	passed = 0;
	failed = 0;
	skipped = 0;
	/** @type {string[]} */
	#failures = [];
	/** @type {string[]} */
	#skips = [];
	#ended = false;

	/** Runs one step, prints its line with the time it took, and counts it. @param {string} name @param {() => Promise<Verdict>} work */
	async step(name, work) {
		const start = performance.now();
		const { ok, output } = await work();
		const seconds = ((performance.now() - start) / 1000).toFixed(1);
		if (this.#ended) return;
		console.log(`${ok ? "ok   " : "FAIL "} ${name} (${seconds} s)`);
		if (ok) this.passed += 1;
		else {
			console.log(output.trimEnd().replace(/^/gm, "      "));
			this.fail(name);
		}
	}

	/** @param {string} what */
	fail(what) {
		this.failed += 1;
		this.#failures.push(what);
	}

	/** @param {string} what @param {number} [count] */
	skip(what, count = 1) {
		this.skipped += count;
		this.#skips.push(what);
	}

	/** Prints what failed, what was skipped, and the sum; ends the process. @param {number} [exitCode] */
	end(exitCode = this.failed === 0 ? 0 : 1) {
		if (this.#ended) return;
		this.#ended = true;
		console.log("");
		for (const what of this.#skips) console.log(`skipped: ${what}`);
		for (const what of this.#failures) console.log(`failed: ${what}`);
		const skipped = this.skipped === 0 ? "" : `, ${this.skipped} skipped`;
		console.log(`${this.passed} passed, ${this.failed} failed${skipped}`);
		process.exit(exitCode);
	}
}
