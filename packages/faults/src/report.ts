/**
 * The report of a run that found something: everything needed to find out why.
 */

import type { Received } from "./checker/received.js";
import type { Violation } from "./checker/violation.js";
import type { Outcome } from "./outcome.js";
import { nameOf } from "./truth/position.js";

// The first violations show what is wrong; the others follow from them.
const MAX_VIOLATIONS = 5;
const MAX_RECEIVED = 25;
const MAX_OUTPUT = 3_000;
const MAX_TIMELINE = 60;

export function reportOf(outcome: Outcome): string {
	const { violations, timeline, outputs } = outcome;
	return [
		`FAILED: ${violations.length} violations, the first ${MAX_VIOLATIONS}:`,
		...violations.slice(0, MAX_VIOLATIONS).map(violationOf),
		"What was done:",
		...timeline.slice(-MAX_TIMELINE),
		...outputs.map((output, index) => `Process ${index} reported: ${output.slice(-MAX_OUTPUT)}`),
	].join("\n");
}

export function sumOf({ sent, received, faults, gaps, evidence }: Outcome): string {
	return [
		`${sent} events sent, ${received} received; faults: ${countsOf(faults)}; gaps: ${countsOf(gaps)}`,
		`${evidence.log} positions judged by the log, ${evidence.receipt} only by what was received`,
	].join("\n");
}

function countsOf(counts: Readonly<Record<string, number>>): string {
	return (
		Object.entries(counts)
			.map(([name, count]) => `${name} ${count}`)
			.join(", ") || "none"
	);
}

function violationOf({ rule, reader, what, before }: Violation): string {
	const lines = before.slice(-MAX_RECEIVED).map((received) => `    ${lineOf(received)}`);
	return [`  [${rule}] ${reader}: ${what}`, ...lines].join("\n");
}

function lineOf(received: Received): string {
	const time = `${(received.at / 1_000).toFixed(2).padStart(8)} s `;
	if (received.kind === "closed") return `${time} closed`;
	if (received.kind === "told") return `${time} ${received.what}`;
	if (received.kind === "opened") {
		const { process, lastId } = received;
		return `${time} opened on port ${process}, after ${lastId === undefined ? "nothing" : nameOf(lastId)}`;
	}
	if (received.kind === "direct")
		return `${time} an event of its own at ${nameOf(received.position)}`;
	if (received.kind === "recovered") {
		const { reason, from } = received;
		return `${time} recovers from ${reason}, behind ${from === undefined ? "nothing" : nameOf(from)}`;
	}
	if (received.kind === "state") return `${time} event ${received.number}, the newest of its key`;
	const place = nameOf(received.position);
	if (received.kind === "event") return `${time} event ${received.number} at ${place}`;
	return received.kind === "gap"
		? `${time} gap ${received.reason} to ${place}`
		: `${time} is at ${place}`;
}
