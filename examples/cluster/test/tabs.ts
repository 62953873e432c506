/**
 * Tabs of the page, and what a test reads in them by itself: every number that is shown, as it comes.
 */
import type { TestBrowser } from "@sse-service/testing/browser";
import type { Page } from "playwright-core";

export interface Tab {
	readonly page: Page;
	/** The process that serves it. */
	server(): Promise<string>;
	/** Every number that the page has shown, in the order in which it did. */
	numbers(): Promise<number[]>;
	/** What the page counts. */
	counts(): Promise<Record<string, number>>;
	/** Resolves when this number has come. */
	reach(number: number): Promise<void>;
	/** Press the button of this name. */
	press(name: string): Promise<void>;
	/** Resolves when it is in the list of what happened, once or more often. */
	happened(text: string, times?: number): Promise<void>;
}

export async function openTab(browser: TestBrowser, url: string, name: string): Promise<Tab> {
	const page = await browser.openWindow(`${url}/?as=${name}`);
	await page.evaluate(watchNumbers);
	await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
	const numbers = (): Promise<number[]> => page.evaluate(() => Reflect.get(window, "numbers"));
	return {
		page,
		numbers,
		server: async () => (await page.locator("#server").textContent()) ?? "",
		counts: async () => {
			const names = ["received", "missed", "twice", "gaps"];
			const found = await Promise.all(names.map((id) => page.locator(`#${id}`).textContent()));
			return Object.fromEntries(names.map((id, index) => [id, Number(found[index])]));
		},
		reach: (number) => page.evaluate((wanted) => Reflect.get(window, "reach")(wanted), number),
		press: (button) => page.getByRole("button", { name: button, exact: true }).click(),
		happened: async (text, times = 1) => {
			const found = page.locator("#happenings").getByRole("listitem").filter({ hasText: text });
			await found.nth(times - 1).waitFor();
		},
	};
}

/** Runs in the page. The bars that leave the strip again stay known. */
function watchNumbers(): void {
	const strip = document.querySelector("#strip");
	if (strip === null) throw new Error("There is no strip");
	const numberOf = (bar: unknown): number => Number((bar as HTMLElement).dataset.number);
	const numbers = Array.from(strip.children, numberOf);
	const looks = new Set<() => void>();
	Reflect.set(window, "numbers", numbers);
	// Polling would look sixty times a second, and have the page drawn as often.
	Reflect.set(window, "reach", (wanted: number) => {
		return new Promise<void>((resolve) => {
			const look = (): void => {
				if ((numbers.at(-1) ?? 0) >= wanted && looks.delete(look)) resolve();
			};
			looks.add(look);
			look();
		});
	});
	new MutationObserver((changes) => {
		for (const { addedNodes } of changes) numbers.push(...Array.from(addedNodes, numberOf));
		for (const look of looks) look();
	}).observe(strip, { childList: true });
}
