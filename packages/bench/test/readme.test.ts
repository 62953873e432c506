import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Summary } from "../src/report.js";

const README = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");

/** The cells of the row of a table of the README that begins with this one. */
function rowOf(first: string): Record<string, string> {
	const lines = README.split("\n");
	const index = lines.findIndex((line) => line.startsWith(`| ${first} |`));
	const head = lines.findLast((line, at) => at < index && line.startsWith("| |")) ?? "";
	const [names = [], cells = []] = [head, lines[index] ?? ""].map((line) =>
		line.split("|").slice(2, -1),
	);
	return Object.fromEntries(
		names.map((name, at) => [name.replaceAll("`", "").trim(), cells[at]?.trim() ?? ""]),
	);
}

/** What was kept of a workload, as a table of the README has it. */
function keptOf(workload: string, say: (summary: Summary) => string): Record<string, string> {
	const file = new URL(`../results/${workload}.json`, import.meta.url);
	const [{ summaries }] = JSON.parse(readFileSync(file, "utf8")).report.cases;
	return Object.fromEntries(
		summaries.map((summary: Summary) => [summary.implementation, say(summary)]),
	);
}

describe("what the README says was measured is in the results", () => {
	test.each([
		["one event of 128 B to 2,000", "broadcast"],
		["1 KB of JSON to 5,000", "json-1k"],
		["ten events in one tick to 2,000", "burst"],
	])("%s", (row, workload) => {
		const cells = rowOf(row);
		expect(Object.keys(cells)).toContain("sse-service");
		expect(
			keptOf(workload, ({ ratios }) => ratios["socket.write loop"]?.median.toFixed(2) ?? ""),
		).toMatchObject(cells);
	});

	test.each([
		["one event a second to 19,900", "fanout-delay"],
		["20 events a second to 10,000", "overload"],
	])("%s", (row, workload) => {
		const cells = rowOf(row);
		expect(Object.keys(cells)).toContain("sse-service");
		const wait = ({ figures }: Summary) => (figures.loopWaitP99Micros?.median ?? 0) / 1_000;
		expect(
			keptOf(workload, (summary) =>
				wait(summary) < 10
					? `${wait(summary).toFixed(1)} ms`
					: `${Math.round(wait(summary)).toLocaleString("en")} ms`,
			),
		).toMatchObject(cells);
	});
});
