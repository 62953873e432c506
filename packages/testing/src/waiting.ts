/**
 * Waiting for what a test expects, for as long as it takes. What does not come is named in the end: see `Patience`.
 */
import { Patience } from "./patience.js";

// Not the clock that tests set.
const { setImmediate, setTimeout, setInterval, clearInterval } = globalThis;
const LOOK_EVERY_MS = 500;
const LONGEST_PAUSE_MS = 100;

/** `promise`, or a rejection that names what was awaited when it does not settle. */
export function settled<T>(promise: Promise<T>, what: string | (() => string)): Promise<T> {
	const patience = new Patience(what);
	return new Promise((resolve, reject) => {
		const watch = setInterval(() => {
			const end = patience.end();
			if (end !== undefined) reject(end);
		}, LOOK_EVERY_MS);
		promise.then(resolve, reject).finally(() => clearInterval(watch));
	});
}

/**
 * What `attempt` resolves to, once one has taken less than `limitMs`: for what expires meanwhile. On a busy machine it may
 * take several.
 */
export async function inTime<T>(limitMs: number, attempt: () => Promise<T>): Promise<T> {
	for (const patience = new Patience(`an attempt within ${limitMs} ms`); ; ) {
		const begun = performance.now();
		const result = await attempt();
		if (performance.now() - begun < limitMs) return result;
		const end = patience.end();
		if (end !== undefined) throw end;
	}
}

/**
 * Resolves once `test` holds, or resolves to true. It is asked again with pauses in which the event loop turns: of a millisecond
 * at first, then of a tenth of the time it has taken, up to 100 ms, because each look takes time from what it waits for. What
 * `test` throws is thrown here.
 */
export async function eventually(
	test: () => boolean | Promise<boolean>,
	what: string | (() => string) = "a condition",
): Promise<void> {
	const patience = new Patience(what);
	const begun = process.uptime();
	while (!(await test())) {
		const end = patience.end();
		if (end !== undefined) throw end;
		const pauseMs = Math.min(1 + (process.uptime() - begun) * 100, LONGEST_PAUSE_MS);
		await new Promise((resolve) => setTimeout(resolve, pauseMs));
	}
}

/**
 * Lets the time of a test pass until `test` holds: calls `pass` before each further look. Between two looks the event loop turns,
 * without the pauses of `eventually`, because nothing but the next step brings what is awaited.
 */
export async function passUntil(
	test: () => boolean,
	pass: () => unknown,
	what: string | (() => string) = () => `${test}`,
): Promise<void> {
	const patience = new Patience(what);
	while (!test()) {
		const end = patience.end();
		if (end !== undefined) throw end;
		pass();
		await new Promise((resolve) => setImmediate(resolve));
	}
}
