/**
 * Asking again and again, until the answer will do.
 */
import { eventually } from "@sse-service/testing";

/** Resolves once `ask` resolves to what `test` holds of; what it rejects with counts as an answer that will not do. */
export async function until<T>(
	what: string,
	ask: () => Promise<T>,
	test: (answer: T) => boolean,
): Promise<T> {
	let last: unknown;
	const found: T[] = [];
	const isFound = async (): Promise<boolean> => {
		try {
			const answer = await ask();
			if (test(answer)) found.push(answer);
			last = answer;
		} catch (error) {
			last = error;
		}
		return found.length > 0;
	};
	await eventually(isFound, () => `${what}; it got ${JSON.stringify(last)} (${last})`);
	return found[0] as T;
}
