/**
 * The processes of a cluster, and what is left of them.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, openStream, type TestStream } from "@sse-service/testing";
import type { ServerProcess } from "example-shared/server-process";
import { expect } from "vitest";
import type { Fleet } from "../cluster.js";

/** For `TMPDIR` of a cluster. */
export const makeFolder = (): string => mkdtempSync(join(tmpdir(), "sse-cluster-test-"));

/** What the stream has shown of the fleet, each time. */
export function fleets({ events }: TestStream): Fleet[] {
	return events.filter(({ event }) => event === "fleet").map(({ data }) => JSON.parse(data));
}

/** Ends the cluster when all of it runs, and expects that no process is left, and nothing in `folder`, which it removes. */
export async function endOf(
	cluster: ServerProcess,
	signal: "SIGHUP" | "SIGKILL",
	folder: string,
): Promise<{ code: number | null; stderr: string }> {
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
	await eventually(() => readdirSync(folder).length === 0, "an empty folder");
	await stream.ended;
	rmdirSync(folder);
	return { code, stderr };
}

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
