/**
 * A command as a reader types it into a shell.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { eventually, settled } from "./waiting.js";

export interface RunningCommand {
	/** What it has printed so far. */
	readonly text: string;
	/** Resolves once what it printed contains `part`. */
	untilText(part: string): Promise<void>;
	/** Resolves with all it printed, when it has ended by itself with exit code 0. */
	untilEnd(): Promise<string>;
	stop(): void;
}

export function startCommand(command: string): RunningCommand {
	// `exec`: the process to stop is the command, not a shell around it.
	const child: ChildProcess = spawn("/bin/sh", ["-c", `exec ${command}`], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	let text = "";
	let errors = "";
	child.stdout?.setEncoding("utf8").on("data", (part) => {
		text += part;
	});
	child.stderr?.setEncoding("utf8").on("data", (part) => {
		errors += part;
	});
	const ended = once(child, "close");
	const said = (): string => `${command} printed ${JSON.stringify(text)}, and on stderr ${errors}`;
	return {
		get text() {
			return text;
		},
		untilText: (part) =>
			eventually(() => {
				if (text.includes(part)) return true;
				if (child.exitCode !== null) throw new Error(said());
				return false;
			}, said),
		untilEnd: async () => {
			const [exitCode] = await settled(ended, said);
			if (exitCode !== 0) throw new Error(said());
			return text;
		},
		stop: () => child.kill(),
	};
}

export function isInstalled(command: string): boolean {
	return spawnSync(command, ["--version"]).error === undefined;
}
