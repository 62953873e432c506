/**
 * The process: how it starts, and how it ends.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { measureIdle, openStream } from "@sse-service/testing";
import { type ServerProcess, startServerProcess } from "example-shared/server-process";
import { afterEach, describe, expect, test } from "vitest";

const example = join(import.meta.dirname, "..");
const started: ServerProcess[] = [];

function start(env: Record<string, string>): ServerProcess {
	const server = startServerProcess(example, env);
	started.push(server);
	return server;
}

afterEach(async () => {
	for (const server of started.splice(0)) await server.kill("SIGKILL");
});

describe("starting", () => {
	test("it says where it listens in one line, and serves the page there", async () => {
		const server = start({ PORT: "0" });
		const url = await server.url();
		const page = await (await fetch(url)).text();
		const { stdout, stderr } = await server.kill("SIGTERM");

		expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
		expect(page).toContain("<!doctype html>");
		expect(stdout).toBe(`Something to see: ${url}\n`);
		expect(stderr).toBe("");
	});

	test("a port that is taken is reported in one line, with exit code 1", async () => {
		const other = createServer().listen(0, "127.0.0.1");
		await once(other, "listening");
		const { port } = other.address() as AddressInfo;
		const { code, stdout, stderr } = await start({ PORT: String(port) }).ended;
		other.close();

		expect(code).toBe(1);
		expect(stdout).toBe("");
		expect(stderr).toMatch(new RegExp(`^Port ${port} is taken\\. .+\n$`));
	});

	test("what is no port is reported in one line, with exit code 1", async () => {
		const { code, stdout, stderr } = await start({ PORT: "many" }).ended;

		expect(code).toBe(1);
		expect(stdout).toBe("");
		expect(stderr).toMatch(/^Cannot listen on 127\.0\.0\.1, port many: .+\n$/);
	});
});

describe("ending", () => {
	test.each(["SIGTERM", "SIGINT"] as const)(
		"%s ends open streams in an orderly way, and then the process, with 0",
		async (signal) => {
			const server = start({ PORT: "0" });
			const url = await server.url();
			const streams = await Promise.all(
				["ada", "ada", "grace"].map((name) => openStream(`${url}/events?as=${name}`)),
			);
			// A socket on which nothing was asked, as browsers open them in advance.
			const silent = connect(Number(new URL(url).port), "127.0.0.1");
			await once(silent, "connect");
			silent.on("error", () => {});

			const idle = measureIdle();
			const { code, stderr } = await server.kill(signal);
			expect(idle()).toBeLessThan(3_000);

			expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([true, true, true]);
			expect(code).toBe(0);
			expect(stderr).toBe("");
			silent.destroy();
		},
	);
});
