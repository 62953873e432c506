/**
 * The example as a process of its own, the way `npm start` runs it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { settled } from "@sse-service/testing";

interface Ended {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface ServerProcess {
	/** Resolves with the URL that it prints. */
	url(): Promise<string>;
	readonly ended: Promise<Ended>;
	/** Resolves when it has ended. */
	kill(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<Ended>;
}

export function startServerProcess(env: Record<string, string>): ServerProcess {
	const child = spawn(process.execPath, ["server.js"], {
		cwd: join(import.meta.dirname, ".."),
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
	const url = new Promise<string>((resolve, reject) => {
		child.stdout.on("data", () => {
			const found = /http:\S+(?=\n)/.exec(stdout)?.[0];
			if (found !== undefined) resolve(found);
		});
		ended.then(() => reject(new Error(`it ended before it listened: ${stderr}`)));
	});
	// Not everyone who starts a server expects it to listen.
	url.catch(() => {});
	return {
		url: () => settled(url, "the URL of the server"),
		ended,
		kill: (signal) => {
			child.kill(signal);
			return settled(ended, "the end of the server");
		},
	};
}
