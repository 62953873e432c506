/**
 * The page as a person uses it.
 */
import type { Locator, Page } from "playwright-core";

/** Resolves when the stream is open, and the page knows who is here. */
export async function live(page: Page): Promise<void> {
	await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
	await page.locator(".you:visible").waitFor();
}

/** The item of a list, by a text in it. */
export function item(page: Page, list: "People" | "Rooms", text: string | RegExp): Locator {
	return page.getByRole("region", { name: list }).getByRole("listitem").filter({ hasText: text });
}

export function said(page: Page, text: string | RegExp): Locator {
	return page.getByRole("log").getByRole("listitem").filter({ hasText: text });
}

/** Joins a room by its name. */
export async function join(page: Page, room: string): Promise<void> {
	await page.getByLabel("Room", { exact: true }).fill(room);
	await page.getByRole("button", { name: "Join", exact: true }).click();
	await page.getByRole("button", { name: `Leave ${room}`, exact: true }).waitFor();
}

/** @param to "# room" or a name */
export async function send(page: Page, to: string, text: string): Promise<void> {
	const label = to.replace("# ", "#\u00a0");
	await page.getByLabel("To", { exact: true }).selectOption({ label });
	await page.getByLabel("Message", { exact: true }).fill(text);
	await page.getByRole("button", { name: "Send" }).click();
}
