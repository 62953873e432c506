/**
 * The chat in three processes, while they are killed.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { sizeOf } from "@sse-service/testing";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { type ServerProcess, startServerProcess } from "example-shared/server-process";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
	ask,
	countedTo,
	DESKTOP,
	ENDLESS,
	lastAnswer,
	numbers,
	press,
	reach,
	reachNumber,
} from "./tab.js";

const FOLDER = join(import.meta.dirname, "..");
const NAMES = ["teal", "violet", "amber"];
/** Both tabs draw each word. */
const WORD_MS = sizeOf({ usual: 100, long: 10 });
/** How many words are seen before something is done to a process, and after it. */
const SOME = sizeOf({ usual: 5, long: 20 });

// It waited for Redis, which had ended as well, for as long as the machine ran.
describe("a process whose fleet has ended", () => {
	test.each([
		["while it is loaded", async () => {}],
		["while it waits for Redis", (redis: Server) => once(redis, "connection")],
	])("ends, %s", async (_when, until) => {
		const redis = createServer().listen(0, "127.0.0.1");
		onTestFinished(() => void redis.close());
		await once(redis, "listening");
		const { port } = redis.address() as AddressInfo;
		const child = fork(join(FOLDER, "server.js"), ["teal", `redis://127.0.0.1:${port}`]);
		onTestFinished(() => void child.kill("SIGKILL"));
		const ended = once(child, "exit");
		await until(redis);
		child.disconnect();
		expect(await ended).toEqual([0, null]);
	});
});

describe.skipIf(redisServerPath === undefined || executablePath === undefined)("tabs", () => {
	let browser: TestBrowser;
	let fleet: ServerProcess;
	let page: Page;
	let other: Page;

	beforeAll(async () => {
		browser = await launchBrowser();
		fleet = startServerProcess(FOLDER, {
			PORT: "0",
			PROCESSES: "3",
			WORD_MS: `${WORD_MS}`,
			SSE_REDIS_SERVER: redisServerPath ?? "",
		});
		page = await browser.openWindow(await fleet.url(), { viewport: DESKTOP });
	});
	afterAll(async () => {
		const complaints = await browser.closeWindows();
		await browser.close();
		const { code, stderr } = await fleet.kill("SIGINT");
		expect(code, stderr).toBe(0);
		// The browser itself reports each stream that is cut.
		expect(complaints.filter((text) => !/net::ERR_/.test(text))).toEqual([]);
	});
	/** Another answer of the same chat, which both tabs show. */
	beforeEach(async () => {
		await ask(page, ENDLESS);
		await reachNumber(page, SOME);
		other ??= await browser.openTab(page, page.url());
		await other
			.locator(".answer")
			.nth((await page.locator(".answer").count()) - 1)
			.waitFor();
		await reachNumber(other, 2 * SOME);
	});

	async function writer(): Promise<string> {
		return (await lastAnswer(page).locator(".by").textContent())?.split(" ").at(-1) ?? "";
	}

	async function expectAllNumbers(): Promise<void> {
		const before = (await numbers(page)).length;
		for (const tab of [page, other]) await reachNumber(tab, before + SOME);
		await press(other, "Stop");
		for (const tab of [page, other]) {
			await reach(tab, "cancelled");
			const all = await numbers(tab);
			expect(all).toEqual(countedTo(all.length));
		}
	}

	test("miss nothing of an answer when processes that do not write it are killed", async () => {
		const before = await writer();
		for (const name of NAMES.filter((name) => name !== before)) {
			const row = `#servers [data-server="${name}"][data-state="up"]`;
			const pid = await page.locator(row).getAttribute("data-pid");
			await press(page, `Kill ${name}`);
			await page.locator(`${row}:not([data-pid="${pid}"])`).waitFor();
		}

		expect(await writer()).toBe(before);
		await expectAllNumbers();
	});

	test("miss nothing of an answer when all processes are restarted in turn: it is handed over", async () => {
		const up = page.locator('#servers [data-state="up"]');
		const pids = await up.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-pid")));
		await press(page, "Restart all in turn");
		for (const pid of pids) {
			await page.locator(`#servers [data-pid="${pid}"]`).waitFor({ state: "detached" });
		}

		for (const tab of [page, other]) {
			await lastAnswer(tab).getByText("continues the answer").waitFor();
		}
		await expectAllNumbers();
	});

	test("say when the process that writes is killed, and show the answer that another one writes", async () => {
		const before = await writer();
		await press(page, `Kill ${before}`);
		for (const tab of [page, other]) {
			await lastAnswer(tab).getByText(`${before} broke off in mid-answer.`).waitFor();
			await tab.getByText("writes it again").waitFor();
		}

		await expectAllNumbers();
	});
});

describe("starting", () => {
	test("three processes without a redis-server: says so in one line, with exit code 1", async () => {
		const { code, stdout, stderr } = await startServerProcess(FOLDER, {
			PORT: "0",
			PROCESSES: "3",
			SSE_REDIS_SERVER: "/nowhere",
		}).ended;

		expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
		expect(stderr).toBe("It does not start: there is no redis-server on this machine\n");
	});
});
