/**
 * The checker of runs: a history that is right passes, and each kind of fault that is planted into it is found.
 */
import { expect, it } from "vitest";
import { checkRuns } from "../src/runs/check-runs.js";
import type { Deeds, Reading, ReceivedEntry, RunItem } from "../src/runs/reading.js";
import { RULES } from "../src/runs/reading.js";

const ID = "r_5_1";
const CALM: Deeds = {
	claims: [
		{ id: ID, attempt: "a", isOwn: true },
		{ id: ID, attempt: "a", isOwn: false },
	],
	cancelled: new Set(),
	confirmed: new Set(),
	isDisturbed: false,
	isLossy: false,
	isHandedOver: false,
};
const BROKEN: Deeds = { ...CALM, isDisturbed: true };
const AGAIN: Deeds = {
	...BROKEN,
	claims: [...CALM.claims, { id: ID, attempt: "b", isOwn: true }],
};

const token = (sequence: number, attempt = "a", producer = "p"): ReceivedEntry => ({
	kind: "entry",
	attempt,
	sequence,
	data: `${sequence - 1} ${producer}`,
});
const end = (
	kind: "done" | "failed" | "cancelled",
	sequence: number,
	reason = "lost",
): RunItem => ({
	kind: "entry",
	attempt: "a",
	sequence,
	data: kind === "failed" ? JSON.stringify({ reason }) : "{}",
	end: kind,
});
const tokens = (from: number, to: number, attempt = "a"): ReceivedEntry[] =>
	Array.from({ length: to - from + 1 }, (_, i) => token(from + i, attempt));
const nothing: RunItem = { kind: "nothing" };
const gap = (reason: string): RunItem => ({ kind: "gap", reason });
const whole = [...tokens(1, 5), end("done", 6), nothing];

function rulesOf(deeds: Deeds, ...all: readonly (readonly RunItem[] | Reading)[]): string[] {
	const readings = all.map(
		(each, index): Reading =>
			"items" in each ? each : { reader: `${index}`, id: ID, items: each },
	);
	return [...new Set(checkRuns(readings, deeds).map(({ rule }) => rule))];
}

it("passes a correct history", () => {
	expect(rulesOf(CALM, whole, whole)).toEqual([]);
	const from = { attempt: "a", sequence: 3 };
	const rest = [...tokens(4, 5), end("done", 6), nothing];
	expect(rulesOf(CALM, whole, { reader: "late", id: ID, from, items: rest })).toEqual([]);
	const failed = [...tokens(1, 3), end("failed", 4), nothing];
	expect(rulesOf(BROKEN, failed)).toEqual([]);
	const again = [gap("attempt"), ...tokens(1, 2, "b")];
	expect(rulesOf(AGAIN, failed, { reader: "late", id: ID, from, items: again })).toEqual([]);
	const cancelled = { ...CALM, cancelled: new Set([ID]), confirmed: new Set([ID]) };
	expect(rulesOf(cancelled, [...tokens(1, 3), end("cancelled", 4), nothing])).toEqual([]);
	const lossy = { ...BROKEN, isLossy: true };
	expect(rulesOf(lossy, [...tokens(1, 4)], [...tokens(1, 2), end("failed", 3)])).toEqual([]);
	expect(rulesOf(lossy, [nothing])).toEqual([]);
});

const FAULTS: readonly (readonly [string, string, () => string[]])[] = [
	[
		"an event is missing",
		"order",
		() => rulesOf(CALM, [...tokens(1, 2), ...tokens(4, 5), end("done", 6)]),
	],
	[
		"an event comes twice",
		"order",
		() => rulesOf(CALM, [...tokens(1, 3), ...tokens(3, 5), end("done", 6)]),
	],
	[
		"another attempt comes without a gap",
		"order",
		() => rulesOf(AGAIN, [...tokens(1, 3), token(4, "b")]),
	],
	[
		"an event stands in another's place",
		"content",
		() => rulesOf(CALM, [token(1), { ...token(2), data: "3 p" }]),
	],
	[
		"two producers write one attempt",
		"producers",
		() => rulesOf(CALM, [token(1), token(2, "a", "q")]),
	],
	[
		"two are told that they have it",
		"claim",
		() =>
			rulesOf({ ...CALM, claims: CALM.claims.map((claim) => ({ ...claim, isOwn: true })) }, whole),
	],
	[
		"something is behind the end",
		"end",
		() => rulesOf(CALM, [...tokens(1, 5), end("done", 6), token(7)]),
	],
	["it is done too early", "end", () => rulesOf(BROKEN, [...tokens(1, 3), end("done", 4)])],
	[
		"it fails for no reason that there is",
		"end",
		() => rulesOf(BROKEN, [token(1), end("failed", 2, "error")]),
	],
	["it is lost, and nothing was broken", "lost", () => rulesOf(CALM, [token(1), end("failed", 2)])],
	["it is cancelled by nobody", "cancel", () => rulesOf(CALM, [token(1), end("cancelled", 2)])],
	[
		"it was cancelled, and is done",
		"cancel",
		() => rulesOf({ ...CALM, confirmed: new Set([ID]) }, whole),
	],
	["a gap has no cause", "gap", () => rulesOf(CALM, [token(1), gap("invalid"), ...whole])],
	[
		"two readers are given different events",
		"agreement",
		() => rulesOf({ ...CALM, isHandedOver: true }, whole, [token(1), token(2, "a", "q")]),
	],
	[
		"a reader is given the rest of a branch of which it has not the beginning",
		"branch",
		() => {
			const of = (mark: string, from: number, to: number): ReceivedEntry[] =>
				tokens(from, to).map((entry) => ({
					...entry,
					mark,
					data: `${entry.sequence - 1} ${mark}`,
				}));
			const lossy = { ...BROKEN, isLossy: true, isHandedOver: true };
			const lost = [token(1), ...of("m", 2, 3)];
			const told = [...lost, gap("invalid"), token(1), ...of("n", 2, 5), end("done", 6), nothing];
			const from = { attempt: "a", sequence: 2, mark: "n" };
			const late = { reader: "late", id: ID, from, items: of("n", 3, 5) };
			expect(rulesOf(lossy, lost, told, late)).toEqual([]);
			return rulesOf(lossy, told, [...lost, ...of("n", 4, 5)]);
		},
	],
	[
		"a reader is sent away without the end",
		"nothing",
		() => rulesOf(CALM, [...tokens(1, 3), nothing]),
	],
	[
		"a reader is sent away without the end that replaced its newest event",
		"nothing",
		() => rulesOf({ ...BROKEN, isLossy: true }, [...tokens(1, 3), nothing]),
	],
];

it.each(FAULTS)("finds that %s", (_, rule, check) => {
	expect(check()).toContain(rule);
});

it("has an error for each rule; the rule for hanging readers is tested in a run", () => {
	const planted = new Set(FAULTS.map(([, rule]) => rule));
	expect(RULES.filter((rule) => !planted.has(rule))).toEqual(["hang"]);
});
