/**
 * A tab of the page, as a person uses it.
 */
import type { Locator, Page } from "playwright-core";

/** The smallest window that shows chats and processes beside the answers. */
export const DESKTOP = { width: 840, height: 480 };

/** An answer that nobody waits for the end of. */
export const ENDLESS = "Count to 100000";

export async function ask(page: Page, question: string): Promise<void> {
	const answers = page.locator(".answer");
	const before = await answers.count();
	await page.getByLabel("Question", { exact: true }).fill(question);
	await page.getByRole("button", { name: "Send", exact: true }).click();
	await answers.nth(before).waitFor();
}

export async function press(page: Page, name: string): Promise<void> {
	await page.getByRole("button", { name, exact: true }).click();
}

export function lastAnswer(page: Page): Locator {
	return page.locator(".answer").last();
}

/** Resolves when the last answer is in this state. */
export async function reach(page: Page, state: string): Promise<void> {
	await page.locator(`.turn:last-child .answer[data-state="${state}"]`).waitFor();
}

/** The numbers of the last answer, as far as it has come. */
export async function numbers(page: Page): Promise<number[]> {
	const text = (await lastAnswer(page).locator(".body").textContent()) ?? "";
	return text.split(",").flatMap((word) => (word.trim() === "" ? [] : Number(word)));
}

/** Resolves when the last answer has come to this number. */
export function reachNumber(page: Page, number: number): Promise<void> {
	return page.evaluate((wanted) => {
		const count = (): number => {
			const bodies = document.querySelectorAll(".answer .body");
			return bodies.item(bodies.length - 1)?.textContent?.split(",").length ?? 0;
		};
		// Polling would look sixty times a second, and have the page drawn as often.
		return new Promise<void>((resolve) => {
			const look = (): void => {
				if (count() <= wanted) return;
				observer.disconnect();
				resolve();
			};
			const observer = new MutationObserver(look);
			observer.observe(document, { subtree: true, childList: true, characterData: true });
			look();
		});
	}, number);
}

/** The numbers from 1 to as many. */
export function countedTo(last: number): number[] {
	return Array.from({ length: last }, (_, index) => index + 1);
}
