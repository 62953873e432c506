/**
 * The head of a run.
 */
import { expect, it } from "vitest";
import { adopted, claimed } from "../src/runs/run-head.js";

const RULES = { leaseMs: 1_000, ttlMs: 1_000, maxRuns: 1 };

// Both had the same term, so both wrote, and each took the other's events for its own that were already stored.
it("has another term for each of two processes that take the run over, because NATS lost that the first did", () => {
	const { head } = claimed("r", "attempt", RULES, 0);
	const [one, other] = [adopted(head as never, RULES), adopted(head as never, RULES)];
	expect(one.head.term).toBeGreaterThan(1);
	expect(other.head.term).toBeGreaterThan(1);
	expect(one.head.term).not.toBe(other.head.term);
});
