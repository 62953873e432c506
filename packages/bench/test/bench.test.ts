import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const CONNECTIONS = 20;
const SMALL = ["--quick", "--connections", `${CONNECTIONS}`, "--rounds", "1", "--broadcasts", "5"];

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

describe("a small run", () => {
	let result: Awaited<ReturnType<typeof run>>;
	beforeAll(async () => {
		result = await run(new URL("../src/main.js", import.meta.url), SMALL);
	});

	test("ends with exit code 0 and says that nothing was lost", () => {
		expect(result.output).toContain("Every connection received every event");
		expect(result.exitCode).toBe(0);
	});

	test("reports every figure of every implementation", () => {
		const { summaries, samples, failure, workload } = result.report;
		const names = ["sse-service", "socket.write loop", "res.write loop", "better-sse"];
		expect(failure).toBeUndefined();
		expect(workload.connections).toBe(CONNECTIONS);
		expect(summaries.map((summary: { implementation: string }) => summary.implementation)).toEqual(
			names,
		);
		expect(samples).toHaveLength(names.length);
		for (const summary of summaries) {
			expect(result.output).toContain(`\n${summary.implementation} `);
			for (const figure of [
				"serverCpuMicrosPerEvent",
				"ratio",
				"serverCpuShare",
				"clientCpuShare",
			]) {
				expect(summary[figure], `${summary.implementation}: ${figure}`).toEqual({
					min: expect.any(Number),
					median: expect.any(Number),
					max: expect.any(Number),
				});
			}
		}
	});

	test("states the versions, the machine and the date", () => {
		const { date, machine, summaries } = result.report;
		expect(new Date(date).toISOString()).toBe(date);
		expect(machine).toMatchObject({ cores: expect.any(Number), node: process.versions.node });
		expect(summaries.at(0).version).toMatch(/^\d+\.\d+\.\d+/);
		expect(summaries.at(-1).version).toBe("0.16.1");
	});

	test("shows that sse-service serialises an event once, and better-sse once for each connection", () => {
		const { summaries } = result.report;
		expect(summaries.at(0).serialisationsPerBroadcast.max).toBe(1);
		expect(summaries.at(-1).serialisationsPerBroadcast.min).toBe(CONNECTIONS);
	});
});

test("an implementation that loses one event of one connection makes the run fail and is named", async () => {
	const { exitCode, output, report } = await run(new URL("./lossy-bench.js", import.meta.url), [
		...SMALL,
		"--timeout-ms",
		"1000",
	]);
	expect(exitCode).toBe(1);
	expect(output).toContain("FAIL  lossy, client: event 2 did not reach 1 of 20 connections");
	expect(report.failure).toContain("lossy");
	expect(output).not.toContain("Every connection received every event");
});
