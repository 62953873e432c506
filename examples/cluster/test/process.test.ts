/**
 * The processes: how they start, and that none is left.
 */

import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, openStream } from "@sse-service/testing";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { type ServerProcess, startServerProcess } from "example-shared/server-process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Fleet } from "../cluster.js";

const FOLDER = join(import.meta.dirname, "..");
let temporary: string;
let cluster: ServerProcess | undefined;

beforeEach(() => {
	temporary = mkdtempSync(join(tmpdir(), "sse-cluster-test-"));
});
afterEach(async () => {
	await cluster?.kill("SIGKILL");
	cluster = undefined;
	rmSync(temporary, { recursive: true, force: true });
});

function start(env: Record<string, string>): ServerProcess {
	cluster = startServerProcess(FOLDER, { PORT: "0", TMPDIR: temporary, ...env });
	return cluster;
}

describe.skipIf(redisServerPath === undefined)("ending", () => {
	test.each(["SIGHUP", "SIGKILL"] as const)(
		"%s ends every process, and nothing is left",
		async (signal) => {
			const { url, kill } = start({ SSE_REDIS_SERVER: redisServerPath ?? "" });
			const stream = await openStream(`${await url()}/events`);
			const fleet = (): Fleet[] =>
				stream.events.filter(({ event }) => event === "fleet").map(({ data }) => JSON.parse(data));
			await stream.until(() => {
				const { isUp, missing } = fleet().at(-1)?.prometheus ?? {};
				return isUp === true || missing !== undefined;
			});
			const { servers = [], redis, prometheus } = fleet().at(-1) ?? {};
			const pids = [...servers.map(({ pid }) => pid), redis?.pid];
			if (prometheus?.isUp) pids.push(prometheus.pid);
			expect(pids.map(isRunning)).toEqual(pids.map(() => true));
			const { code, stderr } = await kill(signal);

			await eventually(() => !pids.some(isRunning), "the end of all processes");
			await eventually(() => readdirSync(temporary).length === 0, "an empty folder");
			expect({ code, stderr }).toEqual({ code: signal === "SIGKILL" ? null : 0, stderr: "" });
			await stream.ended;
		},
	);

	test("SIGINT ends a Redis that is about to start again, too", async () => {
		const isSecond = join(temporary, "second");
		const { url, kill } = start({ SSE_REDIS_SERVER: redisThatStartsOnce(isSecond) });
		await fetch(`${await url()}/wishes`, {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ wish: "kill redis" }),
		});
		await eventually(() => existsSync(isSecond), "the second start");

		const { code, stderr } = await kill("SIGINT");
		expect(code, stderr).toBe(0);
	});
});

/** A program that is Redis at first, and then one that never gets ready: it makes this file. */
function redisThatStartsOnce(file: string): string {
	const program = join(temporary, "redis");
	const first = join(temporary, "first");
	const script = `[ -e "${first}" ] || { touch "${first}"; exec "${redisServerPath}" "$@"; }
touch "${file}"
exec tail -f /dev/null`;
	writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
	return program;
}

describe("starting", () => {
	test.skipIf(redisServerPath === undefined)(
		"without Prometheus it works, and says what is missing",
		async () => {
			const { url } = start({
				SSE_REDIS_SERVER: redisServerPath ?? "",
				SSE_PROMETHEUS: "/nowhere",
			});
			const stream = await openStream(`${await url()}/events`);
			const missing = (): string | undefined => {
				const fleet = stream.events.filter(({ event }) => event === "fleet").at(-1);
				return fleet && JSON.parse(fleet.data).prometheus.missing;
			};
			await stream.until(() => missing() === "there is no prometheus on this machine");
			const asked = await fetch(`${await url()}/prometheus/alerts`);
			expect(asked.status).toBe(503);
			stream.abort();
		},
	);

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
