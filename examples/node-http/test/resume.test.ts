/**
 * The page, when its stream breaks: nothing is missing, and nothing is there twice.
 */
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import type { Page, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createExample } from "../example.js";
import { item, join, live, said, send } from "./page.js";

const KINDS = ["live", "replayed", "recovered", "missing", "twice"] as const;

describe.skipIf(executablePath === undefined)("a stream that breaks", () => {
	let browser: TestBrowser;
	let example: ReturnType<typeof createExample>;
	let ada: Page;
	let grace: Page;

	beforeAll(async () => {
		browser = await launchBrowser();
	});
	afterAll(() => browser.close());

	/** Both are in the kitchen, and have been counted to. */
	beforeEach(async () => {
		example = createExample();
		const url = await example.listen(0, "127.0.0.1");
		ada = await browser.openWindow(`${url}/?as=ada`);
		grace = await browser.openWindow(`${url}/?as=grace`);
		for (const page of [ada, grace]) {
			await live(page);
			await join(page, "kitchen");
		}
		await item(ada, "Rooms", "kitchen").getByText("2 tabs of 2 people").waitFor();
		await send(grace, "# kitchen", "before");
		await said(ada, "before").waitFor();
		await expect.poll(async () => (await numbers(ada)).live).toBeGreaterThan(0);
	});

	afterEach(async () => {
		// The browser itself reports each attempt to connect that fails, and each refusal.
		const complaints = await browser.closeWindows();
		await example.close();
		expect(complaints.filter((text) => !/net::ERR_|status of 502/.test(text))).toEqual([]);
	});

	/**
	 * Presses the button, which ends the stream. The page connects again when `release` is called, however long a step takes: then
	 * `answer` is what becomes of the request.
	 */
	async function cut(
		button: string,
		answer = (route: Route): Promise<void> => route.continue(),
	): Promise<() => void> {
		let release = (): void => {};
		const released = new Promise<void>((resolve) => {
			release = resolve;
		});
		await ada.route("**/events?*", (route) => released.then(() => answer(route)), { times: 1 });
		await ada.getByRole("button", { name: button }).click();
		await ada.getByRole("status").getByText("Reconnecting", { exact: true }).waitFor();
		return release;
	}

	/** Resolves when this many numbers more have been sent. */
	async function pass(count: number): Promise<void> {
		const { live: before } = await numbers(grace);
		await expect.poll(async () => (await numbers(grace)).live).toBeGreaterThan(before + count);
	}

	async function expectAllMessages(): Promise<void> {
		await said(ada, "meanwhile").waitFor();
		for (const text of ["before", "meanwhile"]) expect(await said(ada, text).count()).toBe(1);
	}

	test("has what was missed when it is back: numbers, and messages of the tab's rooms", async () => {
		const release = await cut("Cut the stream");
		await send(grace, "# kitchen", "meanwhile");
		await said(grace, "meanwhile").getByText("Delivered to 1 tab").waitFor();
		await pass(5);
		release();
		await live(ada);

		await expectAllMessages();
		const { replayed, recovered, missing, twice } = await numbers(ada);
		expect(replayed).toBeGreaterThan(5);
		expect({ recovered, missing, twice }).toEqual({ recovered: 0, missing: 0, twice: 0 });
	});

	test("has it as well when the network was off for longer", async () => {
		const release = await cut("Cut the stream");
		const failed = ada.waitForEvent("requestfailed");
		await ada.context().setOffline(true);
		release();
		await failed;
		await send(grace, "# kitchen", "meanwhile");
		await said(grace, "meanwhile").waitFor();
		await pass(15);
		await ada.context().setOffline(false);
		await live(ada);

		await expectAllMessages();
		const { replayed, recovered, missing, twice } = await numbers(ada);
		expect(replayed).toBeGreaterThan(15);
		expect({ recovered, missing, twice }).toEqual({ recovered: 0, missing: 0, twice: 0 });
	});

	test("has it as well when the browser has given up at a proxy's 502", async () => {
		const refused = ada.waitForResponse((response) => response.status() === 502);
		const release = await cut("Cut the stream", (route) => route.fulfill({ status: 502 }));
		await send(grace, "# kitchen", "meanwhile");
		await pass(15);
		release();
		await refused;
		await live(ada);

		await expectAllMessages();
		const { replayed, recovered, missing, twice } = await numbers(ada);
		expect(replayed).toBeGreaterThan(15);
		expect({ recovered, missing, twice }).toEqual({ recovered: 0, missing: 0, twice: 0 });
	});

	test("is made up for by the application when more was missed than is kept", async () => {
		const release = await cut("Simulate a long outage");
		await send(grace, "# kitchen", "meanwhile");
		release();
		await said(ada, "More was missed than the server keeps").waitFor();
		await live(ada);

		await expectAllMessages();
		const { replayed, recovered, missing, twice } = await numbers(ada);
		expect(recovered).toBeGreaterThan(100);
		expect({ replayed, missing, twice }).toEqual({ replayed: 0, missing: 0, twice: 0 });
		// A client whose stream was open has received each of them.
		const others = await numbers(grace);
		expect(others.live).toBeGreaterThan(100);
		expect(others).toMatchObject({ replayed: 0, recovered: 0, missing: 0, twice: 0 });
	});
});

/** How many numbers the page has received, live or replayed. */
async function numbers(page: Page): Promise<Record<(typeof KINDS)[number], number>> {
	const counts = await Promise.all(
		KINDS.map(async (kind) => [kind, Number(await page.locator(`#${kind}-count`).textContent())]),
	);
	return Object.fromEntries(counts);
}
