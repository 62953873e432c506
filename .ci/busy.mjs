// `node .ci/busy.mjs <command> [argument...]`: runs the command beside three busy loops on each core, which take about three
// quarters of the machine. Says how much they had, where the system tells. Answers the command's exit code.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

const LOOPS_PER_CORE = 3;
/** Of `/proc`, on every Linux. */
const TICKS_PER_SECOND = 100;
/** Ends with this process, however that ends. */
const LOOP = `while (process.ppid === ${process.pid});`;

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
	console.error("usage: node .ci/busy.mjs <command> [argument...]");
	process.exit(1);
}
// Linux divides the time between sessions first, so loops in one session would have no more than each session of the command.
const startLoop = () => spawn(process.execPath, ["-e", LOOP], { stdio: "ignore", detached: true });
const cores = availableParallelism();
const loops = Array.from({ length: LOOPS_PER_CORE * cores }, startLoop);
const startedMs = performance.now();
const child = spawn(command, args, { stdio: "inherit" });
// A terminal's Ctrl-C reaches the command by itself; this waits for its end.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.once("error", (error) => {
	console.error(`${command} could not be started: ${error.message}`);
	process.exit(1);
});
child.once("exit", (code) => {
	const seconds = (performance.now() - startedMs) / 1_000;
	const share = loops.reduce((sum, { pid }) => sum + secondsOf(pid), 0) / seconds / cores;
	if (share > 0) console.log(`busy loops had ${Math.round(share * 100)} % of the machine`);
	for (const loop of loops) loop.kill();
	process.exitCode = code ?? 1;
});

/** The CPU time of a process; 0 where there is no `/proc`. See https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html @param {number | undefined} pid */
function secondsOf(pid) {
	try {
		// The name before it may contain spaces.
		const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
		const { 11: user, 12: system } = fields.split(" ");
		return (Number(user) + Number(system)) / TICKS_PER_SECOND;
	} catch {
		return 0;
	}
}
