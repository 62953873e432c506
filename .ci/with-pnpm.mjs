// `node .ci/with-pnpm.mjs <command> [argument...]`: runs the command where pnpm and the workspace's tools can be found,
// also on a machine that has only npm. Answers the command's exit code.

import { spawn } from "node:child_process";
import { SetupError, toolsEnv } from "./setup.mjs";
import { root } from "./workspace.mjs";

const [command = "pnpm", ...args] = process.argv.slice(2);

try {
	const env = await toolsEnv();
	const child = spawn(command, args, { cwd: root, env, stdio: "inherit" });
	// A terminal's Ctrl-C reaches the command by itself; both wait for its end.
	process.on("SIGINT", () => {});
	process.on("SIGTERM", () => child.kill("SIGTERM"));
	child.once("error", (error) => {
		console.error(`${command} could not be started: ${error.message}`);
		process.exitCode = 1;
	});
	child.once("exit", (code) => {
		process.exitCode = code ?? 1;
	});
} catch (error) {
	if (!(error instanceof SetupError)) throw error;
	console.error(error.message);
	process.exitCode = 1;
}
