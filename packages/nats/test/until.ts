/**
 * Asking again and again, with a pause and a deadline: a connection that is closed answers at once.
 */
import { setTimeout } from "node:timers/promises";

const PAUSE_MS = 10;
const DEADLINE_MS = 20_000;

/** Resolves once `ask` resolves to what `test` holds of; what it rejects with counts as an answer that will not do. */
export async function until<T>(
	what: string,
	ask: () => Promise<T>,
	test: (answer: T) => boolean,
): Promise<T> {
	const deadline = performance.now() + DEADLINE_MS;
	let last: unknown;
	while (performance.now() < deadline) {
		try {
			const answer = await ask();
			if (test(answer)) return answer;
			last = answer;
		} catch (error) {
			last = error;
		}
		await setTimeout(PAUSE_MS);
	}
	throw new Error(
		`waited ${DEADLINE_MS} ms for ${what}, and got ${JSON.stringify(last)} (${last})`,
	);
}
