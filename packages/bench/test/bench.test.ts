import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProgram } from "../../../.ci/programs.mjs";
import { isLongRun } from "../../testing/src/long-run.js";
import { IMPLEMENTATIONS } from "../src/implementations/index.js";
import type { Report, Summary } from "../src/report.js";
import { WORKLOADS } from "../src/workloads/index.js";

const CONNECTIONS = 20;
const SMALL = [
	"--rounds",
	"1",
	"--connections",
	`${CONNECTIONS}`,
	"--turns",
	"3",
	"--seconds",
	"1",
	// However busy the machine is.
	"--timeout-ms",
	"600000",
];
const SPREAD = { min: expect.any(Number), median: expect.any(Number), max: expect.any(Number) };

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "sse-bench-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command of this package to its end, and reads the report it wrote. */
async function run(module: URL, args: readonly string[]) {
	const json = join(folder, `${crypto.randomUUID()}.json`);
	const child = spawn(process.execPath, [fileURLToPath(module), ...args, "--json", json]);
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding("utf8").on("data", (text: string) => {
			output += text;
		});
	}
	const [exitCode] = await once(child, "close");
	return { exitCode, output, report: JSON.parse(readFileSync(json, "utf8")) };
}

const MAIN = new URL("../src/main.js", import.meta.url);

/** These run below, over all their members. */
const ELSEWHERE = /^(adapters|fetch)-/;
/** They differ from others in sizes only, or do the work of one with the members of another. */
const ALIKE = [
	...["broadcast", "burst", "json-1k", "own", "growth"],
	...["fanout-delay", "latency", "fetch-burst", "fetch-slow"],
	...["adapters-event", "fetch-connect"],
];
/** In most runs, one of a kind is enough. */
const OF_EVERY_KIND = WORKLOADS.map(({ name }) => name).filter(
	(name) => isLongRun || !ALIKE.includes(name),
);
const CHOSEN = OF_EVERY_KIND.filter((name) => !ELSEWHERE.test(name));

/** Runs these workloads, small. */
function runSmall(workloads: readonly string[], ...args: readonly string[]) {
	return run(MAIN, [...SMALL, ...workloads.flatMap((name) => ["--workload", name]), ...args]);
}

/** Every figure of every case is there. */
function expectFigures({ output, report }: Awaited<ReturnType<typeof run>>): void {
	for (const { workload, figures, cases, failures } of report.reports as Report[]) {
		expect(failures).toEqual([]);
		for (const { name, plan, summaries } of cases) {
			expect(output).toContain(name);
			expect(plan.connections).toBeLessThanOrEqual(CONNECTIONS);
			expect(summaries.length, `${workload}: ${name}`).toBeGreaterThan(0);
			for (const summary of summaries) {
				const where = `${workload}, ${name}: ${summary.implementation}`;
				expect(output).toContain(`\n${summary.implementation} `);
				for (const { key } of figures) expect(summary.figures[key], where).toEqual(SPREAD);
				expect(summary.serverCpuShare, where).toEqual(SPREAD);
			}
		}
	}
}

// Those that follow each other run side by side: their processes mostly wait for each other.

describe.concurrent(`a small run of ${isLongRun ? "every workload" : "a workload of every kind"}`, () => {
	let result: Awaited<ReturnType<typeof run>>;
	beforeAll(async () => {
		result = await runSmall(CHOSEN, "--only", "sse-service");
	});

	test("ends with exit code 0 and says that nothing was lost", () => {
		expect(result.output).toContain("Every connection received every event");
		expect(result.exitCode).toBe(0);
	});

	test("reports every figure in every case", () => {
		const { reports } = result.report;
		expect(reports.map(({ workload }: Report) => workload)).toEqual(CHOSEN);
		expectFigures(result);
	});
});

describe.concurrent("a small broadcast by everyone", () => {
	let result: Awaited<ReturnType<typeof run>>;
	beforeAll(async () => {
		result = await run(MAIN, SMALL);
	});

	test("loses nothing, regardless of the sender", () => {
		const [{ cases }] = result.report.reports;
		expectFigures(result);
		expect(cases[0].summaries.map(({ implementation }: Summary) => implementation)).toEqual(
			IMPLEMENTATIONS.filter(
				({ targets, missing }) => targets.length > 0 && missing?.() === undefined,
			).map(({ name }) => name),
		);
	});

	test("states the versions, the machine, the command and the date", () => {
		const { date, command, machine, versions } = result.report;
		expect(new Date(date).toISOString()).toBe(date);
		expect(command).toContain("pnpm bench --rounds 1");
		expect(machine).toMatchObject({ cores: expect.any(Number), node: process.versions.node });
		expect(versions["sse-service"]).toMatch(/^\d+\.\d+\.\d+/);
		expect(versions).toMatchObject({ "better-sse": "0.16.1", "sse-service 1.0.9": "1.0.9" });
	});

	test("shows that sse-service serializes an event once, and better-sse once for each connection", () => {
		const { summaries } = result.report.reports[0].cases[0];
		const [ours, theirs] = ["sse-service", "better-sse"].map((name) =>
			summaries.find(({ implementation }: Summary) => implementation === name),
		);
		expect(ours.figures.serialisationsPerEvent.max).toBe(1);
		expect(theirs.figures.serialisationsPerEvent.min).toBe(CONNECTIONS);
	});
});

test.concurrent("adapters are beside the core, and beside streams opened by hand", async () => {
	const result = await runSmall(OF_EVERY_KIND.filter((name) => name.startsWith("adapters-")));
	expectFigures(result);
	const measured = result.report.reports.map(({ cases }: Report) =>
		cases.map(({ summaries }) => summaries.map(({ implementation }) => implementation)),
	);
	expect(measured).toEqual([
		[
			["@sse-service/fastify", "fastify by hand, hijack", "fastify by hand, reply.send(stream)"],
			["@sse-service/express", "express by hand"],
			["@sse-service/nest", "nest by hand", "nest by hand, an interceptor"],
		],
		...(isLongRun
			? [[["sse-service", "@sse-service/fastify", "@sse-service/express", "@sse-service/nest"]]]
			: []),
	]);
});

test.concurrent("streams on a Response are beside the core, better-sse and a loop by hand", async () => {
	const result = await runSmall(OF_EVERY_KIND.filter((name) => name.startsWith("fetch-")));
	expectFigures(result);
	const measured = Object.fromEntries(
		result.report.reports.map(({ workload, cases }: Report) => [
			workload,
			cases.flatMap(({ summaries }) => summaries.map(({ implementation }) => implementation)),
		]),
	);
	const onResponses = [
		"sse-service on a Response, direct",
		"sse-service on a Response, body",
		"better-sse createResponse",
		"controller.enqueue loop",
	];
	const all = ["sse-service", ...onResponses];
	const ours = onResponses.slice(0, 2);
	expect(measured).toEqual({
		"fetch-event": all,
		...(isLongRun && {
			"fetch-burst": all,
			"fetch-slow": [...ours, ...ours],
			"fetch-connect": onResponses,
		}),
	});
});

test.concurrent("the bars are judged row by row", async () => {
	const { exitCode, report } = await run(MAIN, [
		...SMALL,
		"--bars",
		"--only-row",
		"7",
		"--only-row",
		"10",
	]);
	expect(exitCode).toBe(0);
	for (const verdict of report.verdicts) {
		expect(verdict).toMatchObject({ measured: SPREAD, rounds: 1, met: expect.any(Boolean) });
	}
	expect(report.verdicts.map(({ row }: { row: number }) => row)).toEqual([7, 7, 10]);
});

test.concurrent("each row can be measured beside another checkout, in the same rounds", async () => {
	const { exitCode, report } = await run(MAIN, [
		...SMALL,
		...["--before", fileURLToPath(new URL("../../..", import.meta.url))],
		...["--only-row", "1"],
	]);
	expect(exitCode).toBe(0);
	const bar = "sse-service, 20 connections, to that before";
	expect(report.verdicts).toMatchObject([{ row: 1, bar, measured: SPREAD }]);
});

test.concurrent("an implementation that loses one event of one connection makes the run fail and is named", async () => {
	const lossy = new URL("./lossy-bench.js", import.meta.url);
	// So long what is lost is waited for. Where the machine is so busy that what is not lost takes as long, all get more time.
	const attempt = async (timeoutMs: number): ReturnType<typeof run> => {
		const result = await run(lossy, [...SMALL, "--timeout-ms", `${timeoutMs}`]);
		const isLate = !/FAIL {2}lossy, client: event 2 /.test(result.output);
		const others = result.report.reports[0].failures.length > 1;
		return (isLate || others) && timeoutMs < 512_000 ? attempt(timeoutMs * 4) : result;
	};
	const { exitCode, output, report } = await attempt(2_000);
	expect(exitCode).toBe(1);
	expect(output).toContain("FAIL  lossy, client: event 2 did not reach 1 of 20 connections");
	expect(report.reports[0].failures).toMatchObject([{ implementation: "lossy", round: 1 }]);
	expect(output).not.toContain("Every connection received every event");
});

test.runIf(isLongRun && findProgram("chromium"))(
	"the inspector's page is measured while its list is scrolled",
	async () => {
		const module = new URL("../src/inspector/main.js", import.meta.url);
		const child = spawn(process.execPath, [
			fileURLToPath(module),
			"--rows",
			"300",
			"--seconds",
			"1",
		]);
		let output = "";
		child.stdout.setEncoding("utf8").on("data", (text: string) => {
			output += text;
		});
		expect((await once(child, "close"))[0]).toBe(0);
		expect(output).toMatch(/\| scrolled from end to end, updating \| [\d.]+ \|/);
	},
);
