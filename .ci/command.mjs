// Runs one command with everything it starts in one process group, so that the end of it is the end of all of it.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { RUN_LIMIT_MS } from "./limits.mjs";

/**
 * @typedef {object} Outcome
 * @property {boolean} ok it ran and answered 0
 * @property {string} output what it printed, when captured; ends with a line on why it did not run to its end
 *
 * @typedef {object} Options
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [live] print what the command prints, as it comes, and capture nothing
 * @property {number} [timeoutMs] default: what is left of the whole run; then the whole group is killed
 */

/** What a command gets, from a polite signal to SIGKILL. */
const GRACE_MS = 5_000;

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
/** After a signal nothing continues: a command that was running then is never answered, only its end is waited for. */
let interrupted = false;

/**
 * Answers whether there was still anything in the command's group.
 * @param {import("node:child_process").ChildProcess} child @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
	if (child.pid === undefined) return false;
	try {
		return process.kill(-child.pid, signal);
	} catch {
		return false;
	}
}

/** Nothing a command started outlives it. @param {import("node:child_process").ChildProcess} child @param {NodeJS.Signals} signal */
function endGroup(child, signal = "SIGTERM") {
	if (signalGroup(child, signal)) setTimeout(signalGroup, GRACE_MS, child, "SIGKILL").unref();
}

/** @param {string} command @param {readonly string[]} args @param {Options} [options] @returns {Promise<Outcome>} */
export function run(command, args, options = {}) {
	const {
		cwd,
		env = process.env,
		live = false,
		timeoutMs = RUN_LIMIT_MS - performance.now(),
	} = options;
	return new Promise((resolve) => {
		const output = live ? "inherit" : "pipe";
		const child = spawn(command, args, {
			...(cwd === undefined ? {} : { cwd }),
			env,
			stdio: ["ignore", output, output],
			detached: true,
		});
		running.add(child);
		let text = "";
		let late = false;
		for (const stream of [child.stdout, child.stderr]) {
			stream?.setEncoding("utf8").on("data", (part) => {
				text += part;
			});
		}
		const timer = setTimeout(() => {
			late = true;
			endGroup(child);
		}, timeoutMs);
		/** @param {boolean} ok @param {string} [reason] */
		const settle = (ok, reason) => {
			clearTimeout(timer);
			running.delete(child);
			if (interrupted) return;
			resolve({ ok, output: reason === undefined ? text : `${text}${reason}\n` });
		};
		child.once("error", (error) =>
			settle(false, `${command} could not be started: ${error.message}`),
		);
		child.once("exit", () => endGroup(child));
		child.once("close", (code, signal) => {
			if (late)
				settle(
					false,
					`${command} was ended: it took longer than ${Math.round(timeoutMs / 1000)} s.`,
				);
			else if (signal !== null) settle(false, `${command} was ended by ${signal}.`);
			else settle(code === 0);
		});
	});
}

/**
 * Passes SIGINT, SIGTERM and SIGHUP on to whatever runs, and then calls `end` with the exit code, once.
 * Answers a function that takes the handlers away.
 * @param {(exitCode: number) => void} end
 */
export function onInterrupt(end) {
	/** @param {NodeJS.Signals} signal @param {number} number */
	const interrupt = (signal, number) => {
		if (interrupted) {
			for (const child of running) signalGroup(child, "SIGKILL");
			return;
		}
		interrupted = true;
		const closed = [...running].map((child) => new Promise((done) => child.once("close", done)));
		for (const child of running) endGroup(child, signal);
		void Promise.all(closed).then(() => end(128 + number));
	};
	const onInt = () => interrupt("SIGINT", 2);
	const onTerm = () => interrupt("SIGTERM", 15);
	const onHangup = () => interrupt("SIGHUP", 1);
	process.on("SIGINT", onInt).on("SIGTERM", onTerm).on("SIGHUP", onHangup);
	return () => {
		process.off("SIGINT", onInt).off("SIGTERM", onTerm).off("SIGHUP", onHangup);
	};
}

/** Whether there is such a command. @param {string} command */
export function onPath(command) {
	return (process.env.PATH ?? "").split(delimiter).some((dir) => existsSync(join(dir, command)));
}
