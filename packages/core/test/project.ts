/**
 * A project of its own in a temporary folder, into which the package is installed as it would be published.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { eventually, settled } from "@sse-service/testing";

const execute = promisify(execFile);
const PACKAGE = join(import.meta.dirname, "..");

/** A server that is running, and said where in the first line it printed. */
export interface RunningProgram {
	readonly url: string;
	/** Lines printed after the URL. */
	readonly printed: readonly string[];
	/** Resolves once it has printed `count` lines after the URL. */
	untilPrinted(count: number): Promise<void>;
	/** Send SIGTERM; resolves with its exit code, `null` if the signal ended it. What it said on stderr fails. */
	terminate(): Promise<number | null>;
}

export interface Project {
	readonly dir: string;
	write(name: string, text: string): void;
	/** Run a program to its end; resolves with what it printed. It fails with an exit code, or a word on stderr. */
	run(name: string): Promise<string>;
	/** Start a program that serves on `PORT` and prints its URL first. */
	start(name: string): Promise<RunningProgram>;
	/** Compile files in strict mode, each beside itself. Resolves with what the compiler says, `""` if nothing is wrong. */
	compile(names: readonly string[]): Promise<string>;
	/** End what was started and is running, and delete the folder. */
	remove(): void;
}

/** The package must be built. */
export async function createProject(): Promise<Project> {
	const dir = realpathSync(mkdtempSync(join(tmpdir(), "sse-service-")));
	const running = new Set<ChildProcess>();
	await execute("npm", ["pack", "--ignore-scripts", "--pack-destination", dir], { cwd: PACKAGE });
	const tarball = readdirSync(dir).find((name) => name.endsWith(".tgz"));
	writeFileSync(join(dir, "package.json"), '{ "private": true }');
	await execute("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${tarball}`], {
		cwd: dir,
	});
	return {
		dir,
		write: (name, text) => writeFileSync(join(dir, name), text),
		run: async (name) => {
			const { stdout, stderr } = await execute(process.execPath, [name], { cwd: dir });
			if (stderr !== "") throw new Error(`${name} said on stderr: ${stderr}`);
			return stdout;
		},
		start: async (name) => {
			const child = spawn(process.execPath, [name], {
				cwd: dir,
				env: { ...process.env, PORT: "0" },
			});
			running.add(child);
			child.once("exit", () => running.delete(child));
			return toRunning(child, name);
		},
		compile: async (names) => {
			const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
			const types = ["--typeRoots", join(PACKAGE, "../../node_modules/@types"), "--types", "node"];
			const strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
			const target = ["--module", "nodenext", "--target", "es2023"];
			try {
				await execute(process.execPath, [tsc, ...strict, ...target, ...types, ...names], {
					cwd: dir,
				});
				return "";
			} catch (error) {
				return (error as { stdout: string }).stdout;
			}
		},
		remove: () => {
			for (const child of running) child.kill("SIGKILL");
			rmSync(dir, { recursive: true, force: true });
		},
	};
}

async function toRunning(child: ChildProcess, name: string): Promise<RunningProgram> {
	const lines: string[] = [];
	let errors = "";
	child.stderr?.setEncoding("utf8").on("data", (text) => {
		errors += text;
	});
	if (child.stdout === null) throw new Error("no stdout");
	createInterface(child.stdout).on("line", (line) => lines.push(line));
	const ended = once(child, "close");
	const said = (): string => `${name} said ${JSON.stringify(lines)}, and on stderr ${errors}`;
	const untilLines = (count: number): Promise<void> =>
		eventually(() => {
			if (lines.length < count && child.exitCode !== null) throw new Error(said());
			return lines.length >= count;
		}, said);

	await untilLines(1);
	const [url] = lines;
	if (url === undefined || !URL.canParse(url)) throw new Error(`no URL: ${said()}`);
	return {
		url,
		get printed() {
			return lines.slice(1);
		},
		untilPrinted: (count) => untilLines(count + 1),
		terminate: async () => {
			child.kill("SIGTERM");
			const [exitCode] = await settled(ended, `${name} to end`);
			if (errors !== "") throw new Error(said());
			return exitCode;
		},
	};
}
