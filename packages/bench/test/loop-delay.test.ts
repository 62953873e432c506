import { expect, test } from "vitest";
import { waitOf } from "../src/loop-delay.js";

test("a third of the time in one pause makes most of that pause the wait of one arrival in a hundred", () => {
	const ticks = new Array<number>(700).fill(1);
	expect(waitOf([...ticks, 300], 0.01)).toBeCloseTo(290);
});

test("even ticks make almost a tick of it", () => {
	expect(waitOf(new Array<number>(1_000).fill(1), 0.01)).toBeCloseTo(0.99);
});

test("without a tick there is no wait", () => {
	expect(waitOf([], 0.01)).toBe(0);
});
