/**
 * A program that an example starts: it works in a temporary folder, and ends with this process, however that ends.
 */
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * @import { ChildProcessByStdio } from "node:child_process"
 * @import { Readable } from "node:stream"
 */

/** @typedef {ChildProcessByStdio<null, Readable, Readable>} Child */

const START_TIMEOUT_MS = 10_000;

/**
 * Reads the process id of each start, and an empty line when the program has ended. Its input ends when this process does,
 * be it by SIGKILL: then it ends what is left.
 */
const WATCH =
	'while read -r line; do pid=$line; done; [ -n "$pid" ] && kill -KILL "$pid"; rm -rf "$0"';

/** @param {string} file the program @param {string} name what to call it @param {() => void} onExit */
export function createProgram(file, name, onExit) {
	const folder = mkdtempSync(join(tmpdir(), "sse-example-"));
	// Both in process groups of their own: Ctrl-C is for this process, which ends all in order.
	const watcher = spawn("/bin/sh", ["-c", WATCH, folder], {
		detached: true,
		stdio: ["pipe", "ignore", "ignore"],
	});
	/** The process that runs, if one does. @type {Child | undefined} */
	let running;
	let isEnded = false;

	/** Resolves when it has printed that it is ready, or when `end` was called. @param {readonly string[]} args @param {string} readyWords */
	async function start(args, readyWords) {
		if (isEnded) return;
		const child = spawn(file, args, {
			cwd: folder,
			detached: true,
			stdio: ["ignore", "pipe", "pipe"],
		});
		await once(child, "spawn").catch(({ code, message }) => {
			throw new Error(code === "ENOENT" ? `there is no ${name} on this machine` : message);
		});
		if (isEnded) {
			child.kill("SIGKILL");
			return;
		}
		running = child;
		watcher.stdin.write(`${child.pid}\n`);
		child.once("exit", () => {
			running = undefined;
			watcher.stdin.write("\n");
			onExit();
		});
		await ready(child, name, readyWords).catch((error) => {
			if (!isEnded) throw error;
		});
	}

	/** As a crash does. Resolves when it has ended. */
	async function kill() {
		const child = running;
		if (child === undefined) return;
		const ended = once(child, "exit");
		child.kill("SIGKILL");
		await ended;
	}

	return {
		folder,
		start,
		kill,
		/** Ends it for good and removes its folder, so stop writing there first. */
		async end() {
			isEnded = true;
			await kill();
			watcher.kill("SIGKILL");
			rmSync(folder, { recursive: true, force: true });
		},
		get pid() {
			return running?.pid;
		},
	};
}

/** @param {Child} child @param {string} name @param {string} words */
function ready(child, name, words) {
	return new Promise((resolve, reject) => {
		let output = "";
		const fail = () => reject(new Error(`${name} did not start: ${output}`));
		const timer = setTimeout(fail, START_TIMEOUT_MS);
		child.once("exit", fail);
		// Read forever: a pipe that nobody reads fills up, and then the program waits.
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding("utf8").on("data", (text) => {
				if (timer.hasRef()) output += text;
				if (!output.includes(words)) return;
				clearTimeout(timer);
				output = "";
				resolve(undefined);
			});
		}
	});
}

/** One that no system gives to a connection, so that it is still free when the program starts again. */
export async function freePort() {
	for (;;) {
		const port = randomInt(11_000, 32_768);
		const server = createServer().listen(port, "127.0.0.1");
		try {
			await once(server, "listening");
		} catch {
			continue;
		}
		server.close();
		await once(server, "close");
		return port;
	}
}
