/**
 * Chromium, and tabs of the page in it. What a page complains about fails the test.
 */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { RUN_LIMIT_MS } from "../../../.ci/limits.mjs";
import { findProgram } from "../../../.ci/programs.mjs";

export const executablePath = findProgram("chromium");

const ARGUMENTS = [
	"--headless",
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];

export interface TestBrowser {
	/** A window of its own, with storage of its own: a client, unless `as` in the address says otherwise. */
	openWindow(address: string, options?: BrowserContextOptions): Promise<Page>;
	/** One more tab of the window that `page` is in. */
	openTab(page: Page, address: string): Promise<Page>;
	/** Closes all windows, and answers what their pages complained about. */
	closeWindows(): Promise<string[]>;
	close(): Promise<void>;
}

export async function launchBrowser(): Promise<TestBrowser> {
	if (executablePath === undefined) throw new Error("There is no Chromium on this machine");
	const browser: Browser = await chromium.launch({ executablePath, args: ARGUMENTS });
	const complaints: string[] = [];

	function listen(page: Page): void {
		page.on("pageerror", (error) => complaints.push(error.message));
		page.on("console", (message) => {
			if (message.type() === "error") complaints.push(message.text());
		});
	}

	return {
		async openWindow(address, options) {
			const context = await browser.newContext(options);
			context.setDefaultTimeout(RUN_LIMIT_MS);
			context.on("page", listen);
			const page = await context.newPage();
			await page.goto(address);
			return page;
		},
		async openTab(page, address) {
			const tab = await page.context().newPage();
			await tab.goto(address);
			return tab;
		},
		async closeWindows() {
			for (const context of browser.contexts()) await context.close();
			return complaints.splice(0);
		},
		close: () => browser.close(),
	};
}
