/**
 * The end of a process: a program of its own, as an application is, with the package as it was built.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { measureIdle, openStream, settled } from "@sse-service/testing";
import { expect, it } from "vitest";
import { PLATFORMS } from "./platform.js";

it.each(PLATFORMS)(
	"on %s SIGTERM ends the streams and then the process, by Nest's shutdown hooks",
	async (platform) => {
		const program = join(import.meta.dirname, "program.mjs");
		const child = spawn(process.execPath, [program, platform], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		let complaints = "";
		child.stderr.on("data", (chunk) => {
			complaints += chunk;
		});
		const exit = once(child, "exit");
		try {
			const printed = createInterface({ input: child.stdout });
			const [url] = await settled(once(printed, "line"), "the program to listen");
			const streams = await Promise.all(
				["/connect", "/stream", "/ticks"].map((path) => openStream(`${url}${path}`)),
			);
			const idle = measureIdle();
			child.kill("SIGTERM");
			expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([true, true, true]);
			// Nest sends itself the signal again when its hooks are done.
			expect(await settled(exit, "the program to exit")).toEqual([null, "SIGTERM"]);
			expect(idle()).toBeLessThan(2_000);
			expect(complaints).toBe("");
		} finally {
			child.kill("SIGKILL");
		}
	},
);
