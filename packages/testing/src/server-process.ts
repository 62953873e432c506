/**
 * A server that is a program of its own, on 127.0.0.1 and a free port, with a temporary folder. It ends with the test
 * process, however that ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-ports.js";
import { eventually, settled } from "./waiting.js";

export interface ServerProcess {
	readonly port: number;
	readonly url: string;
	/** Of the process that runs now, or ran last. */
	readonly pid: number;
	/** Where it keeps what it keeps. Gone after `stop`. */
	readonly folder: string;
	/** What the process that runs now, or ran last, has printed. */
	readonly output: string;
	/**
	 * Send a signal. Of SIGSTOP and SIGCONT it resolves at once, of any other when the process has ended. One that is being
	 * started again is ended once it has started.
	 */
	kill(signal: NodeJS.Signals): Promise<void>;
	/** End it, if it runs, with SIGTERM, and start it again: on the same port, over the same folder. One restart at a time. */
	restart(): Promise<void>;
	/** End it and remove its folder. */
	stop(): Promise<void>;
}

export interface ServerProgram {
	readonly path: string;
	readonly scheme: string;
	args(port: number, folder: string): readonly string[];
	/** Sent when a connection opens. */
	readonly greeting?: string;
	/** What it says to that once it can be used. */
	readonly answer: RegExp;
}

/** Another process may take a port between its choice and its use. */
const PORTS = 5;

export async function startServerProcess(program: ServerProgram): Promise<ServerProcess> {
	const folder = mkdtempSync(join(tmpdir(), "sse-server-"));
	let running: Running | undefined;
	let port = 0;
	for (let left = PORTS; running === undefined; ) {
		port = await freePort();
		try {
			running = await run(program, port, folder);
		} catch (error) {
			if (--left > 0) continue;
			rmSync(folder, { recursive: true, force: true });
			throw error;
		}
	}
	let current = running;
	/** Settles when no start is under way, of which there is one at a time: of two processes only one has the port. */
	let restarted: Promise<unknown> = Promise.resolve();
	const end = async (signal: NodeJS.Signals): Promise<void> => {
		await restarted;
		await current.kill(signal);
	};
	return {
		port,
		url: `${program.scheme}://127.0.0.1:${port}`,
		folder,
		get pid() {
			return current.pid;
		},
		get output() {
			return current.output();
		},
		kill: (signal) => (isPause(signal) ? current.kill(signal) : end(signal)),
		restart: () => {
			const restart = end("SIGTERM").then(async () => {
				current = await run(program, port, folder);
			});
			restarted = restart.catch(() => {});
			return restart;
		},
		stop: async () => {
			await end("SIGKILL");
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

interface Running {
	readonly pid: number;
	output(): string;
	kill(signal: NodeJS.Signals): Promise<void>;
}

/** Resolves once it can be used. */
async function run(program: ServerProgram, port: number, folder: string): Promise<Running> {
	const child = spawn(program.path, program.args(port, folder), {
		cwd: folder,
		stdio: ["ignore", "pipe", "pipe"],
	});
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding("utf8").on("data", (part) => {
			output += part;
		});
	}
	const closed = once(child, "close");
	const said = (): string => `${program.path} on port ${port}, which said: ${output}`;
	await once(child, "spawn");
	const { pid } = child;
	if (pid === undefined) throw new Error(said());
	const watcher = watchOver(pid, folder);
	void closed.then(() => watcher.kill("SIGKILL"));

	const kill = async (signal: NodeJS.Signals): Promise<void> => {
		child.kill(signal);
		if (isPause(signal)) return;
		// What is stopped takes no other signal than SIGKILL.
		if (signal !== "SIGKILL") child.kill("SIGCONT");
		await settled(closed, () => `the end of ${said()}`);
	};
	const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
	try {
		await eventually(async () => isOver() || (await answers(program, port)), said);
		if (!isOver()) return { pid, output: () => output, kill };
	} catch (error) {
		await kill("SIGKILL");
		throw error;
	}
	await closed;
	throw new Error(`It ended: ${said()}`);
}

/** Whether it ends nothing. */
function isPause(signal: NodeJS.Signals): boolean {
	return signal === "SIGSTOP" || signal === "SIGCONT";
}

/**
 * A shell that ends the server when the test process has ended, which closes its input. It has a process group of
 * its own: what ends ours must not end it first.
 */
function watchOver(pid: number, folder: string): ChildProcess {
	const script = 'read -r _; kill -KILL "$0"; rm -rf "$1"';
	const watcher = spawn("/bin/sh", ["-c", script, `${pid}`, folder], {
		stdio: ["pipe", "ignore", "ignore"],
		detached: true,
	});
	watcher.unref();
	return watcher;
}

/** Whether a server on this port says that it can be used. */
function answers({ greeting, answer }: ServerProgram, port: number): Promise<boolean> {
	return new Promise((resolve) => {
		let text = "";
		const socket = net.connect(port, "127.0.0.1");
		socket.setEncoding("utf8").setTimeout(1_000, () => socket.destroy());
		socket.on("connect", () => greeting !== undefined && socket.write(greeting));
		socket.on("data", (part) => {
			text += part;
			if (text.includes("\n")) socket.destroy();
		});
		// 'close' follows.
		socket.on("error", () => {});
		socket.on("close", () => resolve(answer.test(text)));
	});
}
