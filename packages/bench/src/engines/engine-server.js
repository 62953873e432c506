// The engine between two processes: an empty server, as Debian installs it, on its own port and in its own folder.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../../../../.ci/programs.mjs";
import { allCpuMicrosOf, connectWhenUp, freePort } from "../other-process.js";

/** @typedef {"redis" | "nats"} EngineName */

/** @type {Record<EngineName, { program: "redis-server" | "nats-server", args(port: number, folder: string): string[] }>} */
const ENGINES = {
	redis: {
		program: "redis-server",
		args: (port, folder) => [
			...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder],
			...["--save", "", "--appendonly", "no"],
		],
	},
	nats: {
		program: "nats-server",
		args: (port, folder) => ["-a", "127.0.0.1", "-p", `${port}`, "-js", "-sd", folder],
	},
};

/** @param {EngineName} name */
export const programOf = (name) => findProgram(ENGINES[name].program);

/** @param {EngineName} name */
export async function startEngine(name) {
	const path = programOf(name);
	if (path === undefined) throw new Error(`there is no ${ENGINES[name].program}`);
	const folder = mkdtempSync(join(tmpdir(), `sse-bench-${name}-`));
	const port = await freePort();
	const child = spawn(path, ENGINES[name].args(port, folder), { stdio: "ignore" });
	const kill = () => {
		child.kill("SIGKILL");
		rmSync(folder, { recursive: true, force: true });
	};
	process.once("exit", kill);
	(await connectWhenUp(port)).destroy();
	return {
		url: `${name}://127.0.0.1:${port}`,
		usedMicros: () => allCpuMicrosOf(child.pid),
		async stop() {
			process.off("exit", kill);
			const exited = once(child, "exit");
			kill();
			await exited;
		},
	};
}
