/**
 * A project of its own in a temporary folder, into which packages of this repository are installed as they would be
 * published.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
	cpSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { installed } from "../../../.ci/installed.mjs";
import { RUN_LIMIT_MS } from "../../../.ci/limits.mjs";
import { allows } from "../../../.ci/version-range.mjs";
import { compileIn } from "./compiler.js";
import { type Output, runInThread } from "./thread.js";
import { eventually, settled } from "./waiting.js";

const execute = promisify(execFile);
const REPOSITORY = join(import.meta.dirname, "../../..");
const DECORATORS = ["--experimentalDecorators", "--emitDecoratorMetadata"];

export interface ProjectOptions {
	/** Names of packages of this repository; those of it that they depend on come with them. They must be built. */
	readonly packages: readonly string[];
	/**
	 * Folders of other packages, by the name under which programs find them: a framework, as the lock file's install has
	 * it. They are linked, so that nobody has a second copy; a peer that is missing, or that a range of ours does not allow,
	 * is refused.
	 */
	readonly linked?: Readonly<Record<string, string>>;
	/** The `type` of its package.json, by which `.js` and `.ts` files are ES modules. Default: it has none. */
	readonly type?: "module" | undefined;
}

/** A server that is running, and said where in the first line it printed. */
export interface RunningProgram {
	readonly url: string;
	/** False once it has exited or has been sent a signal. */
	readonly isRunning: boolean;
	/** Lines printed after the URL. */
	readonly printed: readonly string[];
	/** Resolves once it has printed `count` lines after the URL. */
	untilPrinted(count: number): Promise<void>;
	/** Send SIGTERM; resolves with its exit code, or with the signal that ended it. What it said on stderr fails. */
	terminate(): Promise<number | NodeJS.Signals>;
	/** As `terminate`, whatever it printed to stderr: frameworks log refused requests there. */
	stop(): Promise<number | NodeJS.Signals>;
}

export interface Project {
	readonly dir: string;
	write(name: string, text: string): void;
	/** Run a program to its end; resolves with what it printed. It fails with an exit code, or a word on stderr. */
	run(name: string): Promise<string>;
	/** As `run`, without a process of its own: for a program that needs neither signals nor another folder. */
	runInThread(name: string): Promise<string>;
	/**
	 * Start a program that serves on `PORT` and prints its URL, bare or in a line of a log, first. One in TypeScript, which
	 * may have Nest's decorators, is compiled before.
	 */
	start(name: string): Promise<RunningProgram>;
	/**
	 * Compile files in strict mode, each beside itself; more arguments of the compiler may follow their names. Resolves
	 * with what the compiler says of them and of the packages of this repository, `""` if nothing is wrong.
	 */
	compile(names: readonly string[]): Promise<string>;
	/** Run the tests of a file, which may be in TypeScript as well, with Jest; resolves with its report. It fails when a test does, or Jest does not end. */
	jest(name: string): Promise<string>;
	/** End what was started and is running, and delete the folder. */
	remove(): void;
}

export async function createProject(options: ProjectOptions): Promise<Project> {
	const dir = realpathSync(mkdtempSync(join(tmpdir(), "sse-service-")));
	const running = new Set<ChildProcess>();
	try {
		await install(options, dir);
	} catch (error) {
		rmSync(dir, { recursive: true });
		throw error;
	}
	const compile: Project["compile"] = async (names) => compileIn(dir, names);
	/** By the name of what they are compiled from, once, however often they start. */
	const scripts = new Map<string, Promise<string>>();
	const toScript = async (name: string): Promise<string> => {
		const script = name.replace(/\.([mc]?)ts$/, ".$1js");
		if (script === name) return name;
		const complaints = await compile([name, ...DECORATORS, "--skipLibCheck"]);
		if (complaints !== "") throw new Error(complaints);
		return script;
	};
	const toJavaScript = (name: string): Promise<string> => {
		const script = scripts.get(name) ?? toScript(name);
		scripts.set(name, script);
		return script;
	};
	const printed = async (name: string, ended: Promise<Output>): Promise<string> => {
		const { stdout, stderr } = await ended;
		if (isComplaint(stderr)) throw new Error(`${name} said on stderr: ${stderr}`);
		return stdout;
	};
	return {
		dir,
		write: (name, text) => {
			scripts.delete(name);
			writeFileSync(join(dir, name), text);
		},
		run: (name) => printed(name, execute(process.execPath, [name], { cwd: dir })),
		runInThread: (name) => printed(name, runInThread(join(dir, name))),
		start: async (name) => {
			const child = spawn(process.execPath, [await toJavaScript(name)], {
				cwd: dir,
				env: { ...process.env, PORT: "0" },
			});
			running.add(child);
			child.once("exit", () => running.delete(child));
			return toRunning(child, name);
		},
		compile,
		jest: async (name) => {
			// Of the core, which is the one that has it.
			const core = createRequire(join(REPOSITORY, "packages/core/package.json"));
			const limit = ["--testTimeout", String(RUN_LIMIT_MS)];
			const args = ["--rootDir", dir, "--testEnvironment", "node", ...limit, "--runTestsByPath"];
			const jest = [core.resolve("jest/bin/jest"), ...args, await toJavaScript(name)];
			const ended = execute(process.execPath, jest, { cwd: dir });
			running.add(ended.child);
			const { stderr } = await settled(ended, "Jest to end");
			if (stderr.includes("did not exit")) throw new Error(stderr);
			return stderr;
		},
		remove: () => {
			for (const child of running) child.kill("SIGKILL");
			rmSync(dir, { recursive: true, force: true });
		},
	};
}

async function install(
	{ packages, linked = {}, type }: ProjectOptions,
	dir: string,
): Promise<void> {
	const { own, foreign } = await installed(packages);
	const folders = new Map(
		[...foreign, ...Object.entries(linked)].map(([name, path]) => [name, realpathSync(path)]),
	);
	for (const folder of own.values()) refusePeers(folder, folders);
	const placeOf = (name: string): string => join(dir, "node_modules", name);
	// Copies, for a link would lead to where all packages are, and what one does not name it must not find.
	for (const [name, folder] of own) cpSync(folder, placeOf(name), { recursive: true });
	for (const [name, folder] of folders) {
		mkdirSync(dirname(placeOf(name)), { recursive: true });
		symlinkSync(folder, placeOf(name));
	}
	const dependencies = Object.fromEntries(
		[...own, ...folders].map(([name, path]) => [name, `file:${path}`]),
	);
	writeFileSync(join(dir, "package.json"), JSON.stringify({ private: true, type, dependencies }));
}

/** As npm does: a peer that is missing, or of a version that the package does not allow. */
function refusePeers(folder: string, folders: ReadonlyMap<string, string>): void {
	const { name, peerDependencies = {}, peerDependenciesMeta = {} } = manifestIn(folder);
	for (const [peer, range] of Object.entries(peerDependencies)) {
		const its = folders.get(peer);
		if (its === undefined && peerDependenciesMeta[peer]?.optional === true) continue;
		const version = its === undefined ? undefined : manifestIn(its).version;
		if (version === undefined || !allows(range, version))
			throw new Error(`${name} needs ${peer} ${range}, and there is ${version ?? "none"}`);
	}
}

interface Manifest {
	readonly name: string;
	readonly version: string;
	readonly peerDependencies?: Readonly<Record<string, string>>;
	readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

function manifestIn(folder: string): Manifest {
	return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Whether a program said more on stderr than that a call took longer than its limit, as calls do on a busy machine. */
function isComplaint(errors: string): boolean {
	return errors.replaceAll(/^.* took longer than \d+ ms\n/gm, "") !== "";
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

	const stop = async (): Promise<number | NodeJS.Signals> => {
		child.kill("SIGTERM");
		const [exitCode, signal] = await settled(ended, () => `the end: ${said()}`);
		return exitCode ?? signal;
	};

	await untilLines(1);
	const url = /https?:\/\/[^\s"]+/.exec(lines[0] ?? "")?.[0];
	if (url === undefined) throw new Error(`no URL: ${said()}`);
	return {
		url,
		get isRunning() {
			return child.exitCode === null && !child.killed;
		},
		get printed() {
			return lines.slice(1);
		},
		untilPrinted: (count) => untilLines(count + 1),
		terminate: async () => {
			const how = await stop();
			if (isComplaint(errors)) throw new Error(said());
			return how;
		},
		stop,
	};
}
