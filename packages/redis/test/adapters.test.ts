/**
 * Three processes, each with another framework, whose adapters have the log in their options: one log, and one order for all.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { openStream, type TestStream } from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { describe, expect, it, onTestFinished } from "vitest";

const FRAMEWORKS = ["express", "fastify", "nest"];

interface App {
	readonly child: ChildProcess;
	readonly url: string;
}

async function start(framework: string, redisUrl: string): Promise<App> {
	const program = join(import.meta.dirname, "apps", `${framework}.mjs`);
	const child = fork(program, [redisUrl, "adapters"], { execArgv: [] });
	onTestFinished(async () => {
		const exited = once(child, "exit");
		if (child.exitCode === null && child.kill("SIGKILL")) await exited;
	});
	const exited = once(child, "exit").then(([code]) => {
		throw new Error(`The app of ${framework} has ended with code ${code}`);
	});
	const [port] = await Promise.race([once(child, "message"), exited]);
	exited.catch(() => {});
	return { child, url: `http://127.0.0.1:${port}/events` };
}

/** The last event ID of a client. */
function lastIdOf({ text }: TestStream): string {
	return [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";
}

describe.skipIf(redisServerPath === undefined)("apps of Express, Fastify and Nest", () => {
	it("share a log by the option eventLog of their adapters", async () => {
		const redis = await startRedisServer();
		onTestFinished(() => redis.stop());
		const apps: App[] = [];
		for (const framework of FRAMEWORKS) apps.push(await start(framework, redis.url));
		const streams = await Promise.all(apps.map(({ url }) => openStream(url)));
		// Where it is in the log: what is said from now on comes to it.
		for (const stream of streams) await stream.until(() => lastIdOf(stream) !== "");

		for (let count = 0; count < 20; count++) {
			for (const [index, { child }] of apps.entries()) child.send(`${FRAMEWORKS[index]} ${count}`);
		}
		const [first = [], ...others] = await Promise.all(streams.map((each) => each.take(60)));
		for (const other of others) expect(other).toEqual(first);
		for (const framework of FRAMEWORKS) {
			const ofOne = first.filter(({ data }) => data.startsWith(framework));
			expect(ofOne.map(({ data }) => data)).toEqual(
				Array.from({ length: 20 }, (_, count) => `${framework} ${count}`),
			);
		}

		// A client of each goes to the next.
		for (const [index, { url }] of apps.entries()) {
			const { events } = streams.at(index - 1) as TestStream;
			const headers = { "Last-Event-ID": events[9]?.id ?? "" };
			const again = await openStream(url, { headers });
			expect(await again.take(50)).toEqual(first.slice(10));
			again.abort();
		}
		for (const stream of streams) stream.abort();
	});
});
