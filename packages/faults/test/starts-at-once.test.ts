/**
 * Two faults may hit one process at the same time: it is started again twice, or killed while it starts. A second process on its
 * port would outlive the run, and keep it from ending.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@sse-service/testing";
import { type ServerProcess, startServerProcess } from "@sse-service/testing/server-process";
import { expect, it, onTestFinished } from "vitest";

/** Notes its pid, and whether another has its port, and answers. */
const PROGRAM = `
	const { appendFileSync } = require("node:fs");
	appendFileSync("pids", process.pid + "\\n");
	const server = require("node:http").createServer((_, res) => res.end());
	server.once("error", () => appendFileSync("taken", "")).listen(process.argv[1], "127.0.0.1");
`;

async function start(): Promise<ServerProcess> {
	const server = await startServerProcess({
		path: process.execPath,
		scheme: "http",
		args: (port) => ["--eval", PROGRAM, `${port}`],
		greeting: "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
		answer: /^HTTP\/1\.1 200/,
	});
	onTestFinished(() => server.stop());
	return server;
}

function pidsOf({ folder }: ServerProcess): readonly number[] {
	return readFileSync(join(folder, "pids"), "utf8").trim().split("\n").map(Number);
}

function running(server: ServerProcess): readonly number[] {
	return pidsOf(server).filter(isRunning);
}

function isRunning(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}

it("a server that is started again twice at once is one process, which it names", async () => {
	const server = await start();
	const first = server.restart();
	await eventually(() => pidsOf(server).length === 2, "its first restart");
	await Promise.all([first, server.restart()]);
	await eventually(() => pidsOf(server).length === 3, "its second restart");
	await eventually(() => running(server).length === 1, "the end of the others");
	expect(running(server)).toEqual([server.pid]);
	expect(existsSync(join(server.folder, "taken"))).toBe(false);
});

it("a server that is killed while it starts again does not run", async () => {
	const server = await start();
	await Promise.all([server.restart(), server.kill("SIGKILL")]);
	expect(running(server)).toEqual([]);
});

it("a server that is stopped while it starts again does not run", async () => {
	const server = await start();
	await Promise.all([server.restart(), server.stop()]);
	expect(isRunning(server.pid)).toBe(false);
});
