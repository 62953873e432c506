/**
 * A member of a fleet: one of its processes, as the fleet sees it. When it dies, it is started again.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

/**
 * @import { ChildProcess } from "node:child_process"
 * @import { Order, Word } from "./worker.js"
 */

/** @typedef {"starting" | "up" | "draining" | "down"} State */

/**
 * @typedef {object} MemberHost
 * @property {(what: string, name: string) => void} onChange Something has happened to it.
 * @property {() => void} onReport
 * @property {(wish: string) => void} onWish Somebody asks it for something that is the fleet's to do.
 */

const RESTART_MS = 1_000;
const CLOSE_TIMEOUT_MS = 5_000;
const READY_TIMEOUT_MS = 10_000;

/**
 * @template Fleet
 * @template {{ isReady: boolean }} Report
 * @param {string} name
 * @param {string} server the file of its program, which receives its name and the URL of Redis
 * @param {() => string} redisUrl
 * @param {MemberHost} host
 */
export function createMember(name, server, redisUrl, host) {
	/** @type {State} */
	let state = "down";
	/** The process that runs, if one does. @type {ChildProcess | undefined} */
	let running;
	let port = 0;
	/** What it said last. @type {Report | undefined} */
	let report;
	/** The state of the fleet that the process knows, as JSON. */
	let known = "";
	let isWanted = false;
	/** @type {NodeJS.Timeout | undefined} */
	let restart;

	/** @param {State} next @param {string} what */
	function become(next, what) {
		state = next;
		host.onChange(what, name);
	}

	function start() {
		isWanted = true;
		// In a process group of its own: Ctrl-C is for the fleet, which ends all in order.
		const child = fork(server, [name, redisUrl()], { detached: true });
		running = child;
		known = "";
		become("starting", "starts");
		child.on("message", (/** @type {Word<Report>} */ word) => {
			if ("wish" in word) host.onWish(word.wish);
			else if ("report" in word) {
				report = word.report;
				host.onReport();
			} else {
				port = word.port;
				become("up", "is up");
			}
		});
		child.once("exit", (_code, signal) => {
			running = undefined;
			report = undefined;
			become("down", signal === null ? "has ended" : killedBy(signal));
			if (isWanted) restart = setTimeout(start, RESTART_MS);
		});
	}

	/** @param {Order<Fleet>} order */
	function tell(order) {
		// It may have ended.
		running?.send(order, () => {});
	}

	/** Ends it, its streams evenly over `drainMs`. Resolves when it has ended. @param {number} drainMs */
	async function close(drainMs) {
		isWanted = false;
		clearTimeout(restart);
		const child = running;
		if (child === undefined) return;
		const ended = once(child, "exit");
		become("draining", "drains");
		tell({ close: { drainMs } });
		const late = setTimeout(() => child.kill("SIGKILL"), drainMs + CLOSE_TIMEOUT_MS);
		await ended;
		clearTimeout(late);
	}

	return {
		name,
		start,
		close,
		/** As a crash does. */
		kill: () => running?.kill("SIGKILL"),
		/** What has not changed is not told again: the process shows it to every tab, which paints it. @param {Fleet} fleet */
		tell(fleet) {
			const text = JSON.stringify(fleet);
			if (text === known) return;
			known = text;
			tell({ fleet });
		},
		/** Where it listens, if it does. */
		get port() {
			return state === "up" ? port : undefined;
		},
		/** Whether the balancer sends somebody there. */
		get isReady() {
			return state === "up" && report?.isReady === true;
		},
		look: () => ({ name, state, pid: running?.pid, port, ...report }),
	};
}

/** In plain words: SIGKILL is what the page's button sends. @param {NodeJS.Signals} signal */
function killedBy(signal) {
	return signal === "SIGKILL" ? "was killed" : `was ended by ${signal}`;
}

/**
 * A rolling deploy: one process after the other is ended, its streams evenly over `drainMs`, and started again. The next one
 * follows when it is ready.
 * @param {readonly Pick<ReturnType<typeof createMember>, "close" | "start" | "isReady">[]} members
 * @param {number} drainMs
 * @param {() => boolean} isClosing Whether to stop, because the fleet ends.
 */
export async function restartInTurn(members, drainMs, isClosing) {
	for (const member of members) {
		await member.close(drainMs);
		if (isClosing()) return;
		member.start();
		await ready([member]);
	}
}

/** Resolves when all of these are, or have had their time. @param {readonly Pick<ReturnType<typeof createMember>, "isReady">[]} members */
export async function ready(members) {
	const deadline = Date.now() + READY_TIMEOUT_MS;
	while (!members.every(({ isReady }) => isReady) && Date.now() < deadline) await pause(50);
}
