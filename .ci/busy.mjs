// `node .ci/busy.mjs <command> [argument...]`: runs the command beside three busy loops on each core, which take three
// quarters of the machine. Answers the command's exit code.

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

const LOOPS_PER_CORE = 3;
/** Ends with this process, however that ends. */
const LOOP = `while (process.ppid === ${process.pid});`;

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
	console.error("usage: node .ci/busy.mjs <command> [argument...]");
	process.exit(1);
}
const loops = Array.from({ length: LOOPS_PER_CORE * availableParallelism() }, () =>
	spawn(process.execPath, ["-e", LOOP], { stdio: "ignore" }),
);
const child = spawn(command, args, { stdio: "inherit" });
// A terminal's Ctrl-C reaches the command by itself; this waits for its end.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.once("error", (error) => {
	console.error(`${command} could not be started: ${error.message}`);
	process.exit(1);
});
child.once("exit", (code) => {
	for (const loop of loops) loop.kill();
	process.exitCode = code ?? 1;
});
