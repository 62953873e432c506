/**
 * The cluster while things break, as its tabs see it.
 */
import { join } from "node:path";
import { sizeOf } from "@sse-service/testing";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { weakContrasts } from "@sse-service/testing/contrasts";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { type ServerProcess, startServerProcess } from "example-shared/server-process";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProgram } from "../../../.ci/programs.mjs";
import { openTab, type Tab } from "./tabs.js";

const FOLDER = join(import.meta.dirname, "..");
const prometheus = findProgram("prometheus");
const NAMES = sizeOf({
	usual: ["ada", "grace", "linus"],
	long: ["ada", "grace", "linus", "barbara"],
});
/** Until two processes serve tabs. That chance keeps all at one is less likely than 1 in 59,000. */
const MAX_MORE_TABS = 10;
/** The inspector and the dashboard are both in view: only panels that are ask for their figures. */
const BESIDE = { width: 1280, height: 720 };
/** Every tab draws each number. */
const COUNT_MS = sizeOf({ usual: 500, long: 100 });
/** How many numbers to wait for after an action. */
const MORE = sizeOf({ usual: 2, long: 5 });

describe.skipIf(redisServerPath === undefined || executablePath === undefined)("tabs", () => {
	let browser: TestBrowser;
	let cluster: ServerProcess;
	let url: string;
	let tabs: Tab[];
	let first: Tab;

	beforeAll(async () => {
		browser = await launchBrowser();
		cluster = startServerProcess(FOLDER, {
			PORT: "0",
			SSE_REDIS_SERVER: redisServerPath ?? "",
			SSE_PROMETHEUS: prometheus ?? "",
			COUNT_MS: `${COUNT_MS}`,
		});
		url = await cluster.url();
		tabs = await Promise.all(NAMES.map((name) => openTab(browser, url, name)));
		first = tabs[0] as Tab;
		for (const tab of tabs) await tab.reach(1);
	});

	afterAll(async () => {
		const complaints = await browser.closeWindows();
		await browser.close();
		const { code, stderr } = await cluster.kill("SIGINT");
		expect(code, stderr).toBe(0);
		// The browser itself reports each stream that is cut.
		expect(complaints.filter((text) => !/net::ERR_/.test(text))).toEqual([]);
	});

	/** After whatever was done: the numbers continue in every tab, none is missing, none came twice. */
	async function expectAllNumbers(): Promise<void> {
		const newest = await goOn();
		for (const tab of tabs) {
			const numbers = await tab.numbers();
			const [from = 0] = numbers;
			const until = numbers.indexOf(newest) + 1;

			expect(numbers.slice(0, until)).toEqual(Array.from({ length: until }, (_, i) => from + i));
			expect(await tab.counts()).toMatchObject({ missed: 0, twice: 0, gaps: 0 });
		}
	}

	/** Resolves with a number that was none yet, when all tabs have it. */
	async function goOn(): Promise<number> {
		const numbers = (await Promise.all(tabs.map((tab) => tab.numbers()))).flat();
		const next = Math.max(...numbers) + MORE;
		for (const tab of tabs) await tab.reach(next);
		return next;
	}

	/** All tabs have this message, once. */
	async function expectMessage(text: string): Promise<void> {
		for (const { page } of tabs) {
			await page.getByRole("log").getByText(text).waitFor();
			expect(await page.getByRole("log").getByText(text).count()).toBe(1);
		}
	}

	/** In front of the first tab, in its process, and wide. */
	async function openBeside(address: string): Promise<Page> {
		const page = await browser.openTab(first.page, "about:blank");
		await page.setViewportSize(BESIDE);
		await page.goto(address);
		return page;
	}

	async function say(text: string): Promise<void> {
		await first.page.getByLabel("Message", { exact: true }).fill(text);
		await first.press("Send");
	}

	test("find at each process an inspector of all three, and metrics", async () => {
		const { page } = first;
		const server = page.locator('#servers [data-server="violet"]');
		const address = await server.getByRole("link", { name: "Inspect violet" }).getAttribute("href");
		const inspector = await browser.openTab(page, address ?? "");
		const rows = inspector.locator("#process-rows tr");
		for (const name of ["teal", "violet · here", "amber"]) {
			await rows.filter({ hasText: name }).getByText("Ready", { exact: true }).waitFor();
		}
		for (const name of NAMES) {
			await inspector.locator(".rows .row").getByText(name, { exact: true }).waitFor();
		}
		await inspector.close();
		const metrics = await server.getByRole("link", { name: "Metrics violet" }).getAttribute("href");
		const text = await (await fetch(metrics ?? "")).text();
		expect(text).toMatch(/^sse_connections\{process="violet"\} \d+$/m);
	});

	test("are watched at the common address, whichever process answers", async () => {
		const page = await openBeside(`${await cluster.url()}/watch.html`);
		const rows = page.frameLocator("iframe").locator("#process-rows tr");
		// Before any is killed: one that was is listed for up to 16 s, beside the one that took its place.
		for (const name of ["teal", "violet", "amber"]) {
			await rows.filter({ hasText: name }).getByText("Ready", { exact: true }).waitFor();
		}
		await page.getByRole("button", { name: "Dashboard", exact: true }).click();
		expect(await page.locator("iframe").isVisible()).toBe(false);
		await page.close();
	});

	test("find at each process a page with the inspector, the dashboard and the faults", async () => {
		const server = first.page.locator('#servers [data-server="violet"]');
		const address = await server.getByRole("link", { name: "Watch violet" }).getAttribute("href");
		const page = await openBeside(address ?? "");
		const inspector = page.frameLocator("iframe");
		await inspector.locator("#process-rows").getByText("violet · here").waitFor();
		if (prometheus === undefined) await page.getByText("there is no prometheus").waitFor();
		else {
			const ready = page.locator("#panels li", { hasText: "Processes ready" });
			await ready.getByText("3", { exact: true }).waitFor();
			await page.locator("#alerts li").first().waitFor();
		}
		const lag = page.locator("#panels li", { hasText: "From the log to here" });
		await lag.scrollIntoViewIfNeeded();
		await lag.locator(".value", { hasText: /\d m?s$/ }).waitFor();
		expect(await page.evaluate(weakContrasts)).toEqual([]);
		await page.getByRole("button", { name: "Kill amber" }).click();
		await page.locator('#servers [data-server="amber"]:not([data-state="up"])').waitFor();
		await page.close();
		await first.happened("amber was killed");
		await first.happened("amber is up", 2);
	});

	test("are spread over several processes, and each knows who is at any of them", async () => {
		const servers = new Set(await Promise.all(tabs.map((tab) => tab.server())));
		// Processes take turns by connection, and a page opens several: where a tab is, and was sent by a kill, is chance.
		for (let more = 0; servers.size === 1 && more < MAX_MORE_TABS; more++) {
			const tab = await openTab(browser, url, "ada");
			tabs.push(tab);
			servers.add(await tab.server());
		}

		expect(servers.size).toBeGreaterThan(1);
		for (const { page } of tabs) {
			for (const name of NAMES) await page.locator("#people").getByText(name).waitFor();
		}
	});

	test.each(["light", "dark"] as const)("show every state readably (%s)", async (colorScheme) => {
		const { page } = first;
		await page.emulateMedia({ colorScheme });
		await page.locator("#servers").evaluate((servers) => {
			for (const state of ["starting", "draining", "down"]) {
				for (const server of servers.querySelectorAll("li:not(.copy)")) {
					const copy = server.cloneNode(true) as HTMLElement;
					copy.classList.add("copy");
					copy.dataset.state = state;
					servers.append(copy);
				}
			}
		});
		await expect.poll(() => page.evaluate(weakContrasts)).toEqual([]);
		await page.locator("#servers").evaluate((servers) => {
			for (const copy of servers.querySelectorAll(".copy")) copy.remove();
		});
	});

	test("miss nothing when their process is killed, and are served by another one", async () => {
		const before = await first.server();
		await first.press(`Kill ${before}`);
		await expect.poll(() => first.server()).not.toBe(before);
		await say("who was that?");

		await expectMessage("who was that?");
		await first.happened(`${before} is up`, 2);
		await expectAllNumbers();
	});

	test("miss nothing when all processes are restarted in turn", async () => {
		const pids = await serverPids();
		await first.press("Restart all in turn");
		await say("a new version?");
		await first.happened("The new version is everywhere");

		await expectMessage("a new version?");
		await expectAllNumbers();
		expect((await serverPids()).filter((pid) => pids.includes(pid))).toEqual([]);
	});

	test("miss nothing when Redis is killed, and have what was sent meanwhile", async () => {
		await first.press("Kill Redis");
		await first.happened("Redis is down");
		await say("is it back?");
		await first.happened("Redis is up", 2);

		await expectMessage("is it back?");
		await expectAllNumbers();
	});

	test("receive a gap when Redis has forgotten everything", async () => {
		await first.press("Make it forget");
		for (const { page } of tabs) await page.getByText("It received a gap").waitFor();

		await goOn();
		for (const tab of tabs) {
			expect(await tab.counts()).toMatchObject({ missed: 0, twice: 0, gaps: 1 });
		}
	});

	async function serverPids(): Promise<(string | undefined)[]> {
		return first.page
			.locator("#servers > li")
			.evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.pid));
	}
});
