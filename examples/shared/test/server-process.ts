/**
 * An example as a process of its own, the way its `npm start` runs it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { settled } from "@sse-service/testing";

interface Ended {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface ServerProcess {
	/** Resolves with the first URL that it prints, or another one: 1 is the second. */
	url(index?: number): Promise<string>;
	readonly ended: Promise<Ended>;
	/** Resolves when it has ended. */
	kill(signal: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGKILL"): Promise<Ended>;
}

/** Run the start script, which must be `node <file>`, of the package in the folder `cwd`. */
export function startServerProcess(cwd: string, env: Record<string, string>): ServerProcess {
	const { scripts } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
	const child = spawn(process.execPath, String(scripts.start).split(" ").slice(1), {
		cwd,
		env: { ...process.env, ...env },
	});
	let stdout = "";
	let stderr = "";
	child.stdout.setEncoding("utf8").on("data", (text) => {
		stdout += text;
	});
	child.stderr.setEncoding("utf8").on("data", (text) => {
		stderr += text;
	});
	const ended = once(child, "close").then(([code]) => ({ code, stdout, stderr }));
	const printed = (index: number) =>
		new Promise<string>((resolve, reject) => {
			const look = (): void => {
				const found = stdout.match(/http:\S+(?=\n)/g)?.[index];
				if (found !== undefined) resolve(found);
			};
			child.stdout.on("data", look);
			look();
			ended.then(() => reject(new Error(`it ended before it listened: ${stderr}`)));
		});
	return {
		url: (index = 0) => settled(printed(index), "the URL of the server"),
		ended,
		kill: (signal) => {
			child.kill(signal);
			return settled(ended, "the end of the server");
		},
	};
}
