// Orders from the benchmark to its two child processes, over Node's IPC channel.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TASKSET } from "./machine.js";

/**
 * @typedef {{ id?: number, order: string, argument: unknown }} Order without an id it wants no answer
 * @typedef {{ id: number, answer?: unknown, error?: string }} Answer
 *
 * @typedef {object} Waiting
 * @property {(answer: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {NodeJS.Timeout} timer
 *
 * @typedef {object} ChildOptions
 * @property {string} name for messages
 * @property {string} url the module it runs
 * @property {readonly string[]} [args]
 * @property {number | undefined} [core] the CPU core it is bound to
 * @property {readonly string[]} [nodeOptions]
 */

/** More than any order takes: those that wait for the other side have a shorter time of their own. */
export const ANSWER_MS = 1_200_000;
/** What a child gets to end by itself, and to write a profile. */
const END_MS = 10_000;

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
process.on("exit", () => {
	for (const child of running) child.kill("SIGKILL");
});

/** A child process that takes orders. It ends with the process that started it, however that ends. */
export class Child {
	#name;
	#process;
	#orders = 0;
	/** @type {Map<number, Waiting>} */
	#waiting = new Map();
	/** @type {string | undefined} */
	#ended;

	/** @param {ChildOptions} options */
	constructor({ name, url, args = [], core, nodeOptions = [] }) {
		this.#name = name;
		// taskset becomes Node, in the same process, so that the IPC channel reaches it.
		const [execPath, ...execArgv] =
			core === undefined
				? [process.execPath, ...nodeOptions]
				: [TASKSET, "--cpu-list", String(core), process.execPath, ...nodeOptions];
		this.#process = fork(fileURLToPath(url), [...args], { execPath, execArgv });
		running.add(this.#process);
		this.#process.on("message", (message) => this.#settle(/** @type {Answer} */ (message)));
		this.#process.on("error", (error) => {
			this.#process.kill("SIGKILL");
			this.#end(error.message);
		});
		this.#process.once("exit", (code, signal) => this.#end(`it ended with ${signal ?? code}`));
	}

	/**
	 * Gives an order without waiting for it: an answer would be measured as well. An error ends the process.
	 * @param {string} order @param {unknown} argument
	 */
	tell(order, argument) {
		if (this.#process.connected) this.#process.send({ order, argument });
	}

	/** @param {string} order @param {unknown} [argument] @returns {Promise<any>} */
	ask(order, argument) {
		return new Promise((resolve, reject) => {
			const id = ++this.#orders;
			const late = () => this.#settle({ id, error: `no answer within ${ANSWER_MS} ms` });
			this.#waiting.set(id, { resolve, reject, timer: setTimeout(late, ANSWER_MS) });
			if (this.#ended !== undefined) this.#settle({ id, error: this.#ended });
			else this.#process.send({ id, order, argument });
		});
	}

	/** Resolves when the process has ended: by itself, or else by force. */
	async end() {
		if (this.#ended !== undefined) return;
		const exit = new Promise((resolve) => this.#process.once("exit", resolve));
		const timer = setTimeout(() => this.#process.kill("SIGKILL"), END_MS);
		if (this.#process.connected) this.#process.disconnect();
		await exit;
		clearTimeout(timer);
	}

	/** @param {Answer} message */
	#settle({ id, answer, error }) {
		const waiting = this.#waiting.get(id);
		if (waiting === undefined) return;
		this.#waiting.delete(id);
		clearTimeout(waiting.timer);
		if (error === undefined) waiting.resolve(answer);
		else waiting.reject(new Error(`${this.#name}: ${error}`));
	}

	/** @param {string} why */
	#end(why) {
		this.#ended = why;
		running.delete(this.#process);
		for (const id of [...this.#waiting.keys()]) this.#settle({ id, error: why });
	}
}

/**
 * In a child: follows each order by the function of its name, and ends the process when the channel closes.
 * @param {Readonly<Record<string, (argument: any) => unknown>>} functions
 */
export function takeOrders(functions) {
	process.on("disconnect", () => process.exit());
	process.on("message", async (message) => {
		const { id, order, argument } = /** @type {Order} */ (message);
		if (id === undefined) {
			functions[order]?.(argument);
			return;
		}
		try {
			process.send?.({ id, answer: await functions[order]?.(argument) });
		} catch (error) {
			process.send?.({ id, error: error instanceof Error ? error.message : String(error) });
		}
	});
}
