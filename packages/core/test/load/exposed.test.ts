/**
 * What strangers can make a process with the default options hold, beside the bounds in docs/exposed.md. In long runs. What a
 * request costs is for people to read: a limit would test the machine.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { isLongRun } from "@sse-service/testing";
import { expect, it } from "vitest";

const MB = 1024 * 1024;

it.runIf(isLongRun)("readers that do not read take what is documented", async () => {
	const program = join(import.meta.dirname, "exposed.mjs");
	const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, "40"]);
	const figures: Record<string, number> = JSON.parse(stdout);
	expect(figures.bytesOfAnIdleConnection).toBeLessThan(12_000);
	expect(figures["bytesOfAReaderThatDoesNotRead, own events"]).toBeLessThan(1.25 * MB);
	expect(figures["bytesOfAReaderThatDoesNotRead, shared events"]).toBeLessThan(MB / 8);
});
