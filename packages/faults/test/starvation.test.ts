/**
 * Starvation: processes that compete for one processor extend a limit, and processes that wait for something do not.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { Starvation } from "../src/runs/starvation.js";

const canMeasure =
	existsSync("/proc/self/schedstat") && spawnSync("taskset", ["--version"]).status === 0;

const BUSY = "while :; do :; done";

const children: ChildProcess[] = [];
afterEach(() => {
	for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** A shell on the first processor of this process, which runs a script after it has said that it has begun. */
async function started(script: string): Promise<number> {
	const [core = "0"] = coresOfThisProcess();
	const args = ["--cpu-list", core, "/bin/sh", "-c", `echo begun; ${script}`];
	const child = spawn("taskset", args, { stdio: ["pipe", "pipe", "inherit"] });
	children.push(child);
	await once(child.stdout, "data");
	return child.pid as number;
}

function isAsleep(pid: number): boolean {
	return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") S ");
}

function coresOfThisProcess(): string[] {
	const { stdout } = spawnSync("taskset", ["--cpu-list", "--pid", `${process.pid}`], {
		encoding: "utf8",
	});
	return (stdout.split(":")[1] ?? "").trim().split(/[-,]/);
}

describe.skipIf(!canMeasure)("starvation", () => {
	it("is the time for which two busy processes wait for the processor that they share", async () => {
		const pids = [await started(BUSY), await started(BUSY)];
		const begun = performance.now();
		const starvation = new Starvation(() => pids);
		// One of the two always waits. Both do while others use the processor, and that time counts once.
		while (starvation.ms < 500) await pause(20);
		expect(starvation.ms).toBeLessThanOrEqual(performance.now() - begun);
		expect(starvation.ofOneMs).toBeGreaterThanOrEqual(250);
	});

	it("is nothing for a process that hangs, however busy the machine is", async () => {
		const busy = [await started(BUSY), await started(BUSY)];
		const hanging = await started("read -r _");
		while (!isAsleep(hanging)) await pause(20);
		const whole = new Starvation(() => busy);
		const ofTheHanging = new Starvation(() => [hanging]);
		while (whole.ms < 500) await pause(20);
		expect(ofTheHanging.ms).toBe(0);
		expect(ofTheHanging.ofOneMs).toBe(0);
	});
});
