/**
 * What finished runs take in memory, in a process of its own: `node --expose-gc run-memory.mjs`. Prints the bytes of their text,
 * and those in use because of them. It runs the built package.
 */
import { createMemoryRunStore } from "../dist/runs.js";

const RUNS = 40;
const TOKENS = 20_000;
const BATCH = 500;
const RULES = { leaseMs: 600_000, ttlMs: 600_000, maxRuns: RUNS + 1 };
const DONE = { event: "done", data: "{}", end: "done" };

const store = createMemoryRunStore();
let bytes = 0;

/** Words of 1 to 12 letters with a space before, as tokens are. */
function token(number) {
	const text = ` ${"abcdefghijkl".slice(0, 1 + ((number * 7_919) % 12))}`;
	bytes += text.length;
	return { data: text };
}

async function produce(id) {
	const { status } = await store.claim(id, RULES);
	const { attempt, term } = status;
	for (let after = 0; after < TOKENS; after += BATCH) {
		const entries = Array.from({ length: BATCH }, (_, index) => token(after + index));
		await store.write([{ id, attempt, term, after, entries, rules: RULES }]);
	}
	await store.write([{ id, attempt, term, after: TOKENS, entries: [DONE], rules: RULES }]);
}

async function used() {
	for (let times = 0; times < 3; times++) {
		globalThis.gc();
		await new Promise((resolve) => setImmediate(resolve));
	}
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}

// So that what the code itself takes is there already.
await produce("warm-up");
bytes = 0;
const before = await used();
for (let number = 0; number < RUNS; number++) await produce(String(number));
process.stdout.write(JSON.stringify({ bytes, used: (await used()) - before }));
await store.close();
