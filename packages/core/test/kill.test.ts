/**
 * A server that is killed and started again, with its clients connected. The history in memory ends with its process.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, settled, sizeOf } from "@sse-service/testing";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type OpenReceiver, openInBrowser, openOnNode, type Receiver } from "./receiver.js";

const KILLS = sizeOf({ usual: 2, long: 3 });
const CLIENTS = 3;
const LINES_WHEN_KILLED = 50;
const TOLD = 'gap {"reason":"epoch"}';

let folder: string;
let server: ChildProcess;
let port: number;
const receivers: Receiver[] = [];

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "kill-"));
	port = 0;
});

afterEach(async () => {
	for (const receiver of receivers.splice(0)) await receiver.close();
	await kill();
	rmSync(folder, { recursive: true });
});

/** Again on the same port, if there was one. */
async function start(file?: string): Promise<void> {
	const args = [String(port), ...(file === undefined ? [] : [file])];
	server = fork(`${import.meta.dirname}/forgetful-server.mjs`, args);
	[port] = await settled(once(server, "message"), "the server");
}

async function kill(): Promise<void> {
	if (server.signalCode !== null) return;
	const ended = once(server, "exit");
	server.kill("SIGKILL");
	await settled(ended, "the end of the server");
}

async function openAll(open: OpenReceiver, path: string): Promise<void> {
	const url = `http://127.0.0.1:${port}`;
	while (receivers.length < CLIENTS) receivers.push(await open(url + path, url));
	await eventually(async () => (await (await fetch(`${url}/connections`)).text()) === `${CLIENTS}`);
}

async function receivedByAll(): Promise<readonly (readonly string[])[]> {
	return Promise.all(receivers.map(({ received }) => received()));
}

function lineOf(generation: number, index: number): string {
	return `${generation}.${index}`;
}

/** The server says line after line, is killed while it does, and is started again, some times. */
async function killAgainAndAgain(open: OpenReceiver, file?: string): Promise<void> {
	await start(file);
	await openAll(open, "/events");
	for (let generation = 0; ; generation++) {
		let index = 0;
		// A killed client does not receive what is on its way.
		const sayNext = (): boolean => server.send(lineOf(generation, index++), () => {});
		await eventually(async () => {
			sayNext();
			const all = await receivedByAll();
			return all.every((received) => received.at(-1)?.startsWith(`message ${generation}.`));
		});
		if (generation === KILLS) return;
		for (let count = 0; count < LINES_WHEN_KILLED; count++) sayNext();
		await kill();
		await start(file);
	}
}

async function claimTold(open: OpenReceiver): Promise<void> {
	await killAgainAndAgain(open);
	for (const received of await receivedByAll()) {
		const parts = received.join("\n").split(`\n${TOLD}\n`);
		expect(parts).toHaveLength(KILLS + 1);
		parts.forEach((part, generation) => {
			const lines = part.split("\n");
			const first = Number(lines[0]?.split(".")[1]);
			const next = (_: string, index: number): string =>
				`message ${lineOf(generation, first + index)}`;
			expect(lines).toEqual(lines.map(next));
		});
	}
}

async function claimRecovered(open: OpenReceiver): Promise<void> {
	const file = join(folder, "lines");
	await killAgainAndAgain(open, file);
	const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
	for (const received of await receivedByAll()) {
		// What is recovered comes again.
		const seen = [...new Set(received)];
		const first = lines.findIndex((line) => `message ${line}` === seen[0]);
		const expected = lines.slice(first).map((line) => `message ${line}`);
		expect(seen).toEqual(expected.slice(0, seen.length));
		expect(seen.at(-1)).toContain(`${KILLS}.`);
	}
}

describe("when the server is killed and started again", () => {
	it("each eventsource on Node receives a gap each time", async () => {
		await claimTold(openOnNode);
	});

	it("no eventsource on Node misses anything with recover", async () => {
		await claimRecovered(openOnNode);
	});

	describe.skipIf(executablePath === undefined)("in a browser", () => {
		let browser: TestBrowser;
		const open = openInBrowser(() => browser);
		beforeAll(async () => {
			browser = await launchBrowser();
		});
		afterAll(() => browser.close());

		it("each EventSource of Chromium receives a gap each time", async () => {
			await claimTold(open);
		});

		it("no EventSource of Chromium misses anything with recover", async () => {
			await claimRecovered(open);
		});

		it("each EventSource of Chromium that never received an event gets a gap", async () => {
			await start();
			await openAll(open, "/events/quiet");
			await kill();
			await start();
			await eventually(async () => (await receivedByAll()).every(({ length }) => length > 0));
			expect(await receivedByAll()).toEqual(receivers.map(() => [TOLD]));
		});
	});
});
