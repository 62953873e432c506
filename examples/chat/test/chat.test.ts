/**
 * The chat in one process, as its tabs see it.
 */
import { join } from "node:path";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { type ServerProcess, startServerProcess } from "example-shared/server-process";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { answerTo } from "../model.js";
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
const CHAT = "/chats/00000000-0000-0000-0000-000000000000";
let server: ServerProcess;
let url: string;

beforeAll(async () => {
	server = startServerProcess(FOLDER, { PORT: "0", WORD_MS: "5" });
	url = await server.url();
});
afterAll(async () => {
	const { code, stderr } = await server.kill("SIGTERM");
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

describe.skipIf(executablePath === undefined)("in a browser", () => {
	let browser: TestBrowser;
	let page: Page;

	beforeAll(async () => {
		browser = await launchBrowser();
	});
	afterAll(() => browser.close());
	afterEach(async () => {
		expect(await browser.closeWindows()).toEqual([]);
	});

	async function openChat(viewport = DESKTOP): Promise<void> {
		page = await browser.openWindow(url, { viewport });
		await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
	}

	test("an answer is complete to the last word, and a later reload shows the same", async () => {
		await openChat();
		await press(page, "Tell me a story about a lighthouse");
		await reach(page, "done");
		const { signal } = new AbortController();
		let text = "";
		for await (const word of answerTo("a lighthouse", { wordMs: 0, signal })) text += word;

		// Without its marks and the white space between its blocks.
		const written = text.replace(/## |\*|\n/g, "");
		expect(await lastAnswer(page).locator(".body").textContent()).toBe(written);
		await page.reload();
		await reach(page, "done");
		expect(await lastAnswer(page).locator(".body").textContent()).toBe(written);
	});

	test("an answer continues through a reload, and no word is missing or comes twice", async () => {
		await openChat();
		await ask(page, ENDLESS);
		await reachNumber(page, 20);
		await page.reload();
		await page.getByText("in one event").waitFor();
		const before = (await numbers(page)).length;
		await reachNumber(page, before + 20);
		await press(page, "Stop");
		await reach(page, "cancelled");

		const all = await numbers(page);
		// The last one may still come while the answer is being stopped.
		expect(all).toEqual(countedTo(all.length));
	});

	test("a second tab follows the same answer, and stops it for both", async () => {
		await openChat();
		await ask(page, ENDLESS);
		await reachNumber(page, 10);
		const other = await browser.openTab(page, page.url());
		await reachNumber(other, 30);
		await press(other, "Stop");
		await reach(page, "cancelled");
		await reach(other, "cancelled");

		const all = await numbers(page);
		expect(all).toEqual(countedTo(all.length));
		expect(await numbers(other)).toEqual(all);
		await page.getByText("Stopped.").waitFor();
	});

	test("what one tab asks is shown in the other, and what it has written again, too", async () => {
		await openChat();
		await ask(page, "Count to 5");
		await reach(page, "done");
		const other = await browser.openTab(page, page.url());
		await reach(other, "done");
		await ask(other, ENDLESS);
		await reachNumber(page, 5);
		await press(page, "Stop");
		await reach(other, "cancelled");
		await press(other, "Write it again");
		await reach(other, "writing");
		await reach(page, "writing");
		await reachNumber(page, 5);
		await press(page, "Stop");
		await reach(other, "cancelled");

		expect(await numbers(other)).toEqual(countedTo((await numbers(page)).length));
		expect(await page.locator(".question").allTextContents()).toEqual(["Count to 5", ENDLESS]);
	});

	test("a chat is listed, and found again from another one", async () => {
		await openChat();
		await ask(page, "Count to 3");
		await reach(page, "done");
		await page.getByRole("link", { name: "New chat" }).click();
		await page.getByText("What would you like to read?").waitFor();
		await page.getByRole("link", { name: "Count to 3" }).click();
		await reach(page, "done");

		expect(await numbers(page)).toEqual(countedTo(3));
	});

	test("on a phone the chats are in a drawer", async () => {
		await openChat({ width: 390, height: 800 });
		await ask(page, "Count to 3");
		await reach(page, "done");
		expect(await page.getByRole("link", { name: "New chat" }).isVisible()).toBe(false);
		await press(page, "Chats and processes");
		await page.getByRole("link", { name: "New chat" }).click();
		await page.getByText("What would you like to read?").waitFor();
	});
});

describe("requests", () => {
	test("an answer that there is not is 204, so that no client tries again", async () => {
		expect((await fetch(`${url}${CHAT}/answers/1`)).status).toBe(204);
	});

	test.each([
		{ path: `${CHAT}/questions`, body: { question: 1 }, status: 400 },
		{ path: `${CHAT}/questions`, body: { question: "x".repeat(1_001) }, status: 400 },
		{ path: "/chats/short/questions", body: { question: "x" }, status: 404 },
		{ path: `${CHAT}/answers/1/stop`, body: {}, status: 200 },
		{ path: CHAT, body: {}, status: 405 },
	])("POST $path with $body is answered $status", async ({ path, body, status }) => {
		const response = await fetch(url + path, {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify(body),
		});
		expect(response.status).toBe(status);
	});
});
