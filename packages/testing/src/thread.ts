/**
 * A program that runs to its end in a thread of this process. It has modules, globals and an event loop of its own; only a start
 * of Node, which takes longer than most of them do, is spared.
 */
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { Worker } from "node:worker_threads";
import { settled } from "./waiting.js";

export interface Output {
	readonly stdout: string;
	readonly stderr: string;
}

/** Resolves with what the program printed, once it has left nothing open. Rejects with what it threw, or its exit code. */
export async function runInThread(path: string): Promise<Output> {
	const thread = new Worker(path, { stdout: true, stderr: true, execArgv: [] });
	try {
		// `once` rejects at 'error', which comes before 'exit'.
		const all = Promise.all([text(thread.stdout), text(thread.stderr), once(thread, "exit")]);
		const [stdout, stderr, [exitCode]] = await settled(all, `the end of ${path}`);
		if (exitCode !== 0) throw new Error(`${path} ended with ${exitCode}: ${stderr}`);
		return { stdout, stderr };
	} finally {
		await thread.terminate();
	}
}
