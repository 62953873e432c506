/**
 * The page, in a browser.
 */
import os from "node:os";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { weakContrasts } from "@sse-service/testing/contrasts";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createExample } from "../example.js";
import { item, join, live, said, send } from "./page.js";

let browser: TestBrowser;
let example: ReturnType<typeof createExample>;
let url: string;

beforeAll(async () => {
	if (executablePath !== undefined) browser = await launchBrowser();
});
afterAll(() => browser?.close());

beforeEach(async () => {
	example = createExample();
	url = await example.listen(0, "127.0.0.1");
});
afterEach(() => example.close());

afterEach(async () => {
	const complaints = await browser?.closeWindows();
	expect(complaints ?? []).toEqual([]);
});

/** A window of the client `name`, live and in the lobby. */
async function openAs(
	name: string,
	options?: Parameters<TestBrowser["openWindow"]>[1],
): Promise<Page> {
	const page = await browser.openWindow(`${url}/?as=${encodeURIComponent(name)}`, options);
	await live(page);
	return page;
}

describe.skipIf(executablePath === undefined)("clients", () => {
	test("two tabs of one browser are one client, and both get a message to it", async () => {
		const first = await browser.openWindow(url);
		await live(first);
		const name = String(await first.locator("#me").textContent());
		const second = await browser.openTab(first, url);
		await live(second);
		const grace = await openAs("grace");
		await item(grace, "People", name).getByText("2 tabs").waitFor();
		await send(grace, name, "to both of your tabs");

		await said(first, "to both of your tabs").waitFor();
		await said(second, "to both of your tabs").waitFor();
		await said(grace, "to both of your tabs").getByText("Delivered to 2 tabs").waitFor();
	});

	test("a tab that goes away disappears from the list", async () => {
		const [ada, grace] = await Promise.all([openAs("ada"), openAs("grace")]);
		const again = await browser.openTab(grace, `${url}/?as=grace`);
		await item(ada, "People", "grace").getByText("2 tabs").waitFor();
		await again.close();
		await item(ada, "People", "grace").getByText("1 tab").waitFor();
		await grace.close();
		await item(ada, "People", "grace").waitFor({ state: "detached" });

		expect(await ada.getByRole("region", { name: "People" }).getByRole("listitem").count()).toBe(1);
	});

	test("the chosen recipient stays chosen when they leave", async () => {
		const [ada, grace] = await Promise.all([openAs("ada"), openAs("grace")]);
		await item(ada, "People", "grace").getByRole("button", { name: "Message grace" }).click();
		await grace.close();
		await item(ada, "People", "grace").waitFor({ state: "detached" });
		// The focus is in the message already.
		await ada.keyboard.type("are you there?");
		await ada.keyboard.press("Enter");

		await said(ada, "are you there?").getByText("Nobody was there").waitFor();
	});

	test("names and texts that are markup are shown as they are", async () => {
		const hostile = "<img src=/x onerror=a>";
		const page = await openAs(hostile);
		const name = hostile.slice(0, 20);
		await join(page, "__proto__");
		await join(page, "<b>room</b>");
		await send(page, "# __proto__", "<script>document.title = 'owned'</script>");
		await said(page, "<script>document.title = 'owned'</script>")
			.getByText("Delivered to 1 tab")
			.waitFor();
		await send(page, name, "<i>to myself</i>");
		await said(page, "<i>to myself</i>").getByText("Delivered to 1 tab").waitFor();

		expect(await page.locator("#me").textContent()).toBe(name);
		await item(page, "Rooms", "<b>room</b>").waitFor();
		expect(await page.locator("main :is(b:not(.value), i, script, img)").count()).toBe(0);
		expect(await page.title()).toBe("sse-service: something to see");
	});
});

describe.skipIf(executablePath === undefined)("rooms", () => {
	test("a message in a room is for those who have joined it", async () => {
		const [ada, grace, linus] = await Promise.all([
			openAs("ada"),
			openAs("grace"),
			openAs("linus"),
		]);
		await join(ada, "kitchen");
		await item(grace, "Rooms", "kitchen").getByText("1 tab of 1 person").waitFor();
		await grace.getByRole("button", { name: "Join kitchen", exact: true }).click();
		await item(linus, "Rooms", "kitchen").getByText("2 tabs of 2 people").waitFor();
		await send(ada, "# kitchen", "soup is ready");
		await said(grace, "soup is ready").waitFor();
		await said(ada, "soup is ready").getByText("Delivered to 2 tabs").waitFor();
		// Events arrive in order: what was sent before this would be here.
		await send(ada, "linus", "no soup for you");
		await said(linus, "no soup for you").waitFor();

		expect(await said(linus, "soup is ready").count()).toBe(0);
		expect(await said(grace, "soup is ready").textContent()).toContain("ada");
	});

	test("a room that was left is not heard, and stays left after a reload", async () => {
		const [ada, grace] = await Promise.all([openAs("ada"), openAs("grace")]);
		await ada.getByRole("button", { name: "Leave lobby", exact: true }).click();
		await item(grace, "Rooms", "lobby").getByText("1 tab of 1 person").waitFor();
		await ada.reload();
		await live(ada);
		await send(grace, "# lobby", "is anybody here?");
		await said(grace, "is anybody here?").getByText("Delivered to 1 tab").waitFor();
		await send(grace, "ada", "just you then");
		await said(ada, "just you then").waitFor();

		expect(await said(ada, "is anybody here?").count()).toBe(0);
	});

	test("all of it works by keyboard, and a list that changes keeps the focus", async () => {
		const ada = await openAs("ada");
		await ada.getByLabel("Room", { exact: true }).focus();
		await ada.keyboard.type("attic");
		await ada.keyboard.press("Enter");
		await ada.getByRole("button", { name: "Leave attic" }).waitFor();
		await ada.getByRole("button", { name: "Leave attic" }).focus();
		const grace = await openAs("grace");
		await join(grace, "aardvarks");
		await item(ada, "Rooms", "aardvarks").waitFor();

		expect(await ada.evaluate(() => document.activeElement?.ariaLabel)).toBe("Leave attic");
	});
});

describe.skipIf(executablePath === undefined)("charts", () => {
	test("they draw the machine's figures, and a fresh tab gets the last ones at once", async () => {
		const points = (page: Page, chart: string) =>
			page.locator(`#${chart} .line`).evaluate((path) => path.getAttribute("d")?.split("C") ?? []);
		const page = await openAs("ada");
		await expect.poll(() => points(page, "cpu")).toHaveLength(4);

		for (const point of await points(page, "memory")) {
			const [x, y] = point.replace("M", "").split(/[ ,]/).slice(-2).map(Number);
			expect(x).toBeGreaterThan(80);
			expect(x).toBeLessThanOrEqual(91);
			expect(y).toBeGreaterThanOrEqual(0);
			expect(y).toBeLessThan(100);
		}
		expect(await page.locator("#cpu .value").textContent()).toMatch(/^\d+ %$/);
		expect(await page.locator("#cpu .of").textContent()).toMatch(`of ${os.cpus().length} core`);
		expect(await page.locator("#memory .value").textContent()).toMatch(/^\d+\.\d GiB$/);
		const total = (os.totalmem() / 2 ** 30).toFixed(1);
		expect(await page.locator("#memory .of").textContent()).toBe(`of ${total} GiB`);

		const grace = await openAs("grace");
		expect((await points(grace, "cpu")).length).toBeGreaterThanOrEqual(4);
	});

	test("who wants less motion gets none", async () => {
		const page = await openAs("ada", { reducedMotion: "reduce" });
		await page.locator("#cpu .line[d]").waitFor({ state: "attached" });
		const running = await page.evaluate(
			() => document.getAnimations().filter(({ playState }) => playState === "running").length,
		);

		expect(running).toBe(0);
	});
});

describe.skipIf(executablePath === undefined)("looks", () => {
	test("nothing is wider than a phone, whatever is in it", async () => {
		const page = await openAs("W".repeat(20));
		await page.setViewportSize({ width: 360, height: 740 });
		await join(page, "W".repeat(40));
		await send(page, `# ${"W".repeat(40)}`, "W".repeat(500));
		await said(page, "W".repeat(500)).waitFor();
		const width = await page.evaluate(() => document.documentElement.scrollWidth);

		expect(width).toBe(360);
	});

	test.each(["light", "dark"] as const)("%s is readable", async (colorScheme) => {
		const page = await openAs("ada");
		await page.emulateMedia({ colorScheme });
		const [ground, ink] = await page.evaluate(() => {
			const { backgroundColor, color } = getComputedStyle(document.body);
			const lightness = (rgb: string) => Math.max(...(rgb.match(/\d+/g) ?? []).map(Number)) / 255;
			return [lightness(backgroundColor), lightness(color)];
		});

		expect((ground ?? 0) > (ink ?? 0)).toBe(colorScheme === "light");
		expect(Math.abs((ground ?? 0) - (ink ?? 0))).toBeGreaterThan(0.7);
		expect(await page.evaluate(weakContrasts)).toEqual([]);
	});

	test.each([1280, 390])(
		"%i pixels wide, a long story does not move the buttons above it",
		async (width) => {
			const page = await openAs("ada");
			await page.setViewportSize({ width, height: 940 });
			const buttons = page.getByRole("navigation", { name: "More tabs" });
			const before = await buttons.boundingBox();
			await page.locator("#story").evaluate((story) => {
				story.textContent = "The stream broke off, and is being opened again. ".repeat(10);
			});

			expect(await buttons.boundingBox()).toEqual(before);
		},
	);

	test("nothing jumps while the page comes to life", async () => {
		const page = await openAs("ada", { viewport: { width: 1280, height: 940 } });
		await page.locator("#cpu .line[d]").waitFor({ state: "attached" });
		const shift = await page.evaluate(
			() =>
				new Promise<number>((resolve) => {
					const observer = new PerformanceObserver((list) => {
						const shifts = list.getEntries() as (PerformanceEntry & { value: number })[];
						resolve(shifts.reduce((sum, { value }) => sum + value, 0));
					});
					observer.observe({ type: "layout-shift", buffered: true });
					requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)));
				}),
		);

		expect(shift).toBeLessThan(0.01);
	});
});
