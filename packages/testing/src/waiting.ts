/**
 * Waiting for what a test expects, with a deadline that says what did not come.
 */

const DEADLINE_MS = 20_000;

/** `promise`, or a rejection that names what was awaited when it does not settle in time. */
export function settled<T>(
	promise: Promise<T>,
	what: string | (() => string),
	deadlineMs = DEADLINE_MS,
): Promise<T> {
	const { stack } = new Error();
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => {
			const error = new Error(
				`waited ${deadlineMs} ms for ${typeof what === "string" ? what : what()}`,
			);
			if (stack !== undefined) error.stack = `${error.message}\n${stack}`;
			reject(error);
		}, deadlineMs);
		promise.then(resolve, reject).finally(() => clearTimeout(timer));
	});
}

/** Resolves once `test` holds. It is looked at once in each turn of the event loop. */
export async function eventually(
	test: () => boolean,
	what: string | (() => string) = "a condition",
): Promise<void> {
	// Not the clock that tests set.
	const deadline = performance.now() + DEADLINE_MS;
	while (!test()) {
		if (performance.now() > deadline) {
			throw new Error(`waited ${DEADLINE_MS} ms for ${typeof what === "string" ? what : what()}`);
		}
		await new Promise((resolve) => setTimeout(resolve, 1));
	}
}
