/**
 * The protocol's own conformance suite, against an app with our event store. It runs as a program of its own.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { isLongRun } from "@sse-service/testing";
import { afterEach, describe, expect, it } from "vitest";
import { createMcpEvents } from "../src/index.js";
import { type App, startApp } from "./app.js";

// A program has no module to resolve.
const suite = join(
	import.meta.dirname,
	"../node_modules/@modelcontextprotocol/conformance/dist/index.js",
);

interface Check {
	readonly id: string;
	readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "INFO";
	readonly details?: { readonly lastEventIdUsed?: string };
}

describe("the conformance suite", () => {
	let app: App | undefined;
	const folder = mkdtempSync(join(tmpdir(), "mcp-conformance-"));
	afterEach(async () => {
		await app?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	/** @returns what it checked, without what it only noted. It exits with an error if a check failed. */
	async function run(scenario: string, url: string): Promise<Check[]> {
		const args = [suite, "server", "--url", url, "--scenario", scenario, "-o", folder];
		await promisify(execFile)(process.execPath, args);
		const [results = ""] = readdirSync(folder).filter((name) => name.includes(scenario));
		const checks = JSON.parse(readFileSync(join(folder, results, "checks.json"), "utf8"));
		return (checks as Check[]).filter(({ status }) => status !== "INFO");
	}

	it("passes server-sse-polling and server-sse-multiple-streams", async () => {
		app = await startApp(createMcpEvents(), (req) => {
			// The suite's client negotiates the newest version, and then the suite names an older one, whose clients cannot read the
			// priming event that it looks for.
			const at = req.rawHeaders.findIndex((name) => name.toLowerCase() === "mcp-protocol-version");
			if (at !== -1) req.rawHeaders[at + 1] = "2025-11-25";
		});
		const polling = await run("server-sse-polling", app.url);
		expect(polling.map(({ id, status }) => [id, status])).toEqual([
			["server-sse-priming-event", "SUCCESS"],
			["server-sse-retry-field", "SUCCESS"],
			["server-sse-disconnect-resume", "SUCCESS"],
		]);
		expect(polling[2]?.details?.lastEventIdUsed).toMatch(/^[\w-]+\.2\./);
		const several = await run("server-sse-multiple-streams", app.url);
		expect(several.map(({ id, status }) => [id, status])).toEqual([
			["server-accepts-multiple-post-streams", "SUCCESS"],
			["server-sse-streams-functional", "SUCCESS"],
		]);
	});

	it.runIf(isLongRun)(
		"has nothing that fails when the protocol's version is as the suite says",
		async () => {
			app = await startApp(createMcpEvents());
			const polling = await run("server-sse-polling", app.url);
			expect(polling.map(({ id, status }) => [id, status])).toEqual([
				["server-sse-priming-event", "WARNING"],
				["server-sse-retry-field", "WARNING"],
				["server-sse-disconnect-resume", "SUCCESS"],
			]);
		},
	);
});
