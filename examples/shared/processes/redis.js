/**
 * The redis-server of this example: on a free port, in a temporary folder, and ended with this process.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * @import { ChildProcessByStdio } from "node:child_process"
 * @import { AddressInfo } from "node:net"
 * @import { Readable } from "node:stream"
 */

/** @typedef {ChildProcessByStdio<null, Readable, null>} Child */

const PROGRAM = process.env.SSE_REDIS_SERVER || "redis-server";
const START_TIMEOUT_MS = 10_000;

/**
 * Reads the process id of each server, and an empty line when the server has ended. Its input ends when this process does,
 * be it by SIGKILL: then it ends what is left.
 */
const WATCH =
	'while read -r line; do pid=$line; done; [ -n "$pid" ] && kill -KILL "$pid"; rm -rf "$0"';

/** @param {() => void} onChange It is up, or down. */
export function createRedis(onChange) {
	const folder = mkdtempSync(join(tmpdir(), "sse-example-"));
	// Both in process groups of their own: Ctrl-C is for this process, which ends all in order.
	const watcher = spawn("/bin/sh", ["-c", WATCH, folder], {
		detached: true,
		stdio: ["pipe", "ignore", "ignore"],
	});
	let port = 0;
	/** The process that runs, if one does. @type {Child | undefined} */
	let running;
	let isUp = false;

	async function start() {
		port ||= await freePort();
		const child = spawn(
			PROGRAM,
			[
				...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", ""],
				// It answers once the data is on its disk. So it can be killed at any time, and has everything that
				// it acknowledged when it is back.
				...["--appendonly", "yes", "--appendfsync", "always"],
			],
			{ detached: true, stdio: ["ignore", "pipe", "ignore"] },
		);
		await once(child, "spawn").catch(({ code, message }) => {
			throw new Error(code === "ENOENT" ? "there is no redis-server on this machine" : message);
		});
		running = child;
		watcher.stdin.write(`${child.pid}\n`);
		child.once("exit", () => {
			running = undefined;
			isUp = false;
			watcher.stdin.write("\n");
			onChange();
		});
		await ready(child);
		isUp = true;
		onChange();
	}

	/** As a crash does. Resolves when it has ended. */
	async function kill() {
		const child = running;
		if (child === undefined) return;
		const ended = once(child, "exit");
		child.kill("SIGKILL");
		await ended;
	}

	/** It forgets everything: whatever is sent next begins another log. */
	async function forget() {
		const socket = connect(port, "127.0.0.1");
		socket.end("FLUSHALL\r\n");
		await once(socket.resume(), "close");
	}

	/** For ever. */
	async function end() {
		await kill();
		watcher.kill("SIGKILL");
		rmSync(folder, { recursive: true, force: true });
	}

	return {
		start,
		kill,
		forget,
		end,
		get url() {
			return `redis://127.0.0.1:${port}`;
		},
		get pid() {
			return running?.pid;
		},
		get isUp() {
			return isUp;
		},
	};
}

/** Resolves when it can be used. @param {Child} child */
function ready(child) {
	return new Promise((resolve, reject) => {
		let output = "";
		const fail = () => reject(new Error(`redis-server did not start: ${output}`));
		const timer = setTimeout(fail, START_TIMEOUT_MS);
		child.once("exit", fail);
		// Read forever: a pipe that nobody reads fills up, and then Redis waits.
		child.stdout.setEncoding("utf8").on("data", (text) => {
			if (timer.hasRef()) output += text;
			if (!output.includes("Ready to accept connections")) return;
			clearTimeout(timer);
			output = "";
			resolve(undefined);
		});
	});
}

async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = /** @type {AddressInfo} */ (server.address());
	server.close();
	await once(server, "close");
	return port;
}
