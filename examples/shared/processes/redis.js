/**
 * The redis-server of this example: on a free port, in a temporary folder, and ended with this process.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { createProgram, freePort } from "./program.js";

const FILE = process.env.SSE_REDIS_SERVER || "redis-server";

/** @param {() => void} onChange It is up, or down. */
export function createRedis(onChange) {
	let port = 0;
	let isUp = false;
	const program = createProgram(FILE, "redis-server", () => {
		isUp = false;
		onChange();
	});

	async function start() {
		port ||= await freePort();
		const args = [
			...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", program.folder, "--save", ""],
			// It answers once the data is on its disk. So it can be killed at any time, and has everything that
			// it acknowledged when it is back.
			...["--appendonly", "yes", "--appendfsync", "always"],
		];
		await program.start(args, "Ready to accept connections");
		isUp = true;
		onChange();
	}

	/** It forgets everything: whatever is sent next begins another log. */
	async function forget() {
		const socket = connect(port, "127.0.0.1");
		socket.end("FLUSHALL\r\n");
		await once(socket.resume(), "close");
	}

	return {
		start,
		kill: program.kill,
		forget,
		end: program.end,
		get url() {
			return `redis://127.0.0.1:${port}`;
		},
		get pid() {
			return program.pid;
		},
		get isUp() {
			return isUp;
		},
	};
}
