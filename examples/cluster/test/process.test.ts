/**
 * The processes: how they start, and that none is left.
 */

import { once } from "node:events";
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, openStream, type TestStream } from "@sse-service/testing";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { type ServerProcess, startServerProcess } from "example-shared/server-process";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Fleet } from "../cluster.js";

const FOLDER = join(import.meta.dirname, "..");

const REPORTS_OF_REDIS = /^\w+: log: SSEError: Redis failed: .+\n/gm;

const makeFolder = (): string => mkdtempSync(join(tmpdir(), "sse-cluster-test-"));

function start(env: Record<string, string>): ServerProcess {
	return startServerProcess(FOLDER, { PORT: "0", ...env });
}

/** What the stream has shown of the fleet, each time. */
function fleets({ events }: TestStream): Fleet[] {
	return events.filter(({ event }) => event === "fleet").map(({ data }) => JSON.parse(data));
}

describe.skipIf(redisServerPath === undefined)("ending", () => {
	let cluster: ServerProcess;
	afterEach(() => cluster.kill("SIGKILL"));

	test.each(["SIGHUP", "SIGKILL"] as const)(
		"%s ends every process, and nothing is left",
		async (signal) => {
			const TMPDIR = makeFolder();
			cluster = start({ TMPDIR, SSE_REDIS_SERVER: redisServerPath ?? "" });
			const stream = await openStream(`${await cluster.url()}/events`);
			await stream.until(() => {
				const { isUp, missing } = fleets(stream).at(-1)?.prometheus ?? {};
				return isUp === true || missing !== undefined;
			});
			const { servers = [], redis, prometheus } = fleets(stream).at(-1) ?? {};
			const pids = [...servers.map(({ pid }) => pid), redis?.pid];
			if (prometheus?.isUp) pids.push(prometheus.pid);
			expect(pids.map(isRunning)).toEqual(pids.map(() => true));
			const { code, stderr } = await cluster.kill(signal);

			await eventually(() => !pids.some(isRunning), "the end of all processes");
			await eventually(() => readdirSync(TMPDIR).length === 0, "an empty folder");
			const isKilled = signal === "SIGKILL";
			expect(code).toBe(isKilled ? null : 0);
			// Redis and its processes end at once, in any order: a process may still report that Redis has gone.
			expect(stderr.replace(isKilled ? REPORTS_OF_REDIS : "", "")).toBe("");
			await stream.ended;
			rmdirSync(TMPDIR);
		},
	);
});

describe.skipIf(redisServerPath === undefined)("without Prometheus", () => {
	let folder: string;
	let isSecond: string;
	let cluster: ServerProcess;
	let stream: TestStream;

	beforeAll(async () => {
		folder = makeFolder();
		isSecond = join(folder, "second");
		cluster = start({
			TMPDIR: folder,
			SSE_REDIS_SERVER: redisThatStartsOnce(folder, isSecond),
			SSE_PROMETHEUS: "/nowhere",
		});
		stream = await openStream(`${await cluster.url()}/events`);
	});
	afterAll(async () => {
		await cluster.kill("SIGKILL");
		rmSync(folder, { recursive: true, force: true });
	});

	test("it works, and says what is missing", async () => {
		const missing = (): string | undefined => fleets(stream).at(-1)?.prometheus.missing;
		await stream.until(() => missing() === "there is no prometheus on this machine");
		const asked = await fetch(`${await cluster.url()}/prometheus/alerts`);
		expect(asked.status).toBe(503);
	});

	// Each process reports four times a second, and every tab painted what had not changed.
	test("how things stand is shown when it has changed, and only then", async () => {
		const numbers = () => stream.events.filter(({ event }) => event === "number").length;
		const before = numbers();
		await stream.until(() => numbers() >= before + 10);
		const shown = fleets(stream).map((each) => JSON.stringify(each));
		expect(shown.filter((each, index) => each === shown[index - 1])).toEqual([]);
	});

	test("SIGINT ends a Redis that is about to start again, too", async () => {
		await fetch(`${await cluster.url()}/wishes`, {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ wish: "kill redis" }),
		});
		await eventually(() => existsSync(isSecond), "the second start");

		const { code, stderr } = await cluster.kill("SIGINT");
		expect(code, stderr).toBe(0);
	});
});

/** A program that is Redis at first, and then one that never gets ready: it makes the file `isSecond`. */
function redisThatStartsOnce(folder: string, isSecond: string): string {
	const program = join(folder, "redis");
	const first = join(folder, "first");
	const script = `[ -e "${first}" ] || { touch "${first}"; exec "${redisServerPath}" "$@"; }
touch "${isSecond}"
exec tail -f /dev/null`;
	writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
	return program;
}

describe("starting", () => {
	test("without a redis-server it says so in one line, with exit code 1", async () => {
		const { code, stdout, stderr } = await start({ SSE_REDIS_SERVER: "/nowhere" }).ended;

		expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
		expect(stderr).toBe("It does not start: there is no redis-server on this machine\n");
	});

	test("a port that is taken is reported in one line, with exit code 1", async () => {
		const other = createServer().listen(0, "127.0.0.1");
		await once(other, "listening");
		const { port } = other.address() as AddressInfo;
		const { code, stdout, stderr } = await start({ PORT: String(port) }).ended;
		other.close();

		expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
		expect(stderr).toMatch(new RegExp(`^Port ${port} is taken\\. .+\n$`));
	});
});

/** A process that has ended, and that nobody has asked how, no longer counts. */
function isRunning(pid: number | undefined): boolean {
	if (pid === undefined) return false;
	try {
		process.kill(pid, 0);
	} catch {
		return false;
	}
	const stat = `/proc/${pid}/stat`;
	return (
		!existsSync("/proc/self/stat") ||
		(existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8")))
	);
}
