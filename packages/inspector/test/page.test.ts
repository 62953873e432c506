/**
 * The page in Chromium, while real clients come and go.
 */
import { eventually, sizeOf } from "@sse-service/testing";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { weakContrasts } from "@sse-service/testing/contrasts";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { inTurn } from "./balancers.js";
import { HOSTILE, serve } from "./serving.js";

describe.skipIf(executablePath === undefined)("the page", () => {
	let browser: TestBrowser;

	beforeAll(async () => {
		browser = await launchBrowser();
	});

	afterEach(async () => {
		// What a page complains about, its policy included, is a mistake.
		expect(await browser.closeWindows()).toEqual([]);
	});

	afterAll(() => browser.close());

	const rowsOf = (page: Page): Promise<string[]> =>
		page.locator(".rows .row:not(.loading) > :first-child").allTextContents();
	const isOpen = (page: Page): Promise<boolean> =>
		page.locator("#drawer").evaluate((drawer) => (drawer as HTMLDialogElement).open);

	it("shows who comes, who goes, and why", async () => {
		const { page: address, open, sse } = await serve({ loopbackOnly: true, name: "one" });
		const page = await browser.openWindow(address);
		await page.getByText("Nobody is connected.").waitFor();
		expect(await page.title()).toBe("one – Inspector");
		await open("ada", ["news"]);
		await open("bob");
		await eventually(async () => (await rowsOf(page)).join() === "bob,ada");
		await eventually(async () => (await page.locator(".tile b").first().textContent()) === "2");
		expect(await page.locator("#status-text").textContent()).toBe("Live");
		sse.disconnect({ client: "bob" }, "moved");
		await eventually(async () => (await rowsOf(page)).join() === "ada");
		await page.locator("#closes").getByText("moved").waitFor();
		await page.locator("#feed li", { hasText: "closed" }).getByText("bob").waitFor();
		await page.locator("#groups").getByText("news").waitFor();
	});

	it("opens a client with its timeline, and a group, by mouse and by keyboard", async () => {
		const { page: address, open, sse } = await serve({ loopbackOnly: true }, { history: true });
		await open("ada", ["news"], { headers: { "last-event-id": "none of ours" } });
		await open("bob", ["news"]);
		const page = await browser.openWindow(address);
		await eventually(async () => (await rowsOf(page)).length === 2);
		await page.locator("#table").focus();
		for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key);
		await page.locator("#timeline").getByText("gap").waitFor();
		await page.locator("#feed").getByText("gap").waitFor();
		// The gap says that it was not.
		expect(await page.getByText("resumed", { exact: true }).count()).toBe(0);
		expect(await page.locator("#drawer-title").textContent()).toBe("ada");
		expect(await page.locator("#facts").textContent()).toContain("none of ours");
		sse.disconnect({ client: "ada" }, "moved");
		await page.locator("#timeline").getByText("moved").waitFor();
		await page.keyboard.press("Escape");
		await eventually(async () => !(await isOpen(page)));
		await page.keyboard.press("/");
		await page.keyboard.type("nobody");
		await page.getByText("No client or group matches.").waitFor();
		await page.locator("#search").fill("BOB");
		await eventually(async () => (await rowsOf(page)).join() === "bob");
		await page.locator("#groups").getByRole("button", { name: "news" }).click();
		expect(await page.locator("#drawer-title").textContent()).toBe("news");
		await page.locator("#timeline").getByText("moved").waitFor();
	});

	it("shows a client that came back and received what it missed as resumed", async () => {
		const { page: address, open, sse } = await serve({ loopbackOnly: true }, { history: true });
		const first = await open("ada", ["news"]);
		sse.send({ group: "news" }, "1");
		const [{ id = "" } = {}] = await first.take(1);
		first.abort();
		await open("ada", ["news"], { headers: { "last-event-id": id } });
		const page = await browser.openWindow(address);
		const resumed = page.locator("#feed li", { hasText: "resumed" });
		await resumed.getByText("replayed").waitFor();
		expect(await page.locator("#feed").getByText("gap").count()).toBe(0);
	});

	it("shows hostile names, types and data as text", async () => {
		const allow = { send: true, disconnect: true };
		const { page: address, open, sse } = await serve({ loopbackOnly: true, showData: true, allow });
		for (const name of HOSTILE) await open(name, [name]);
		const page = await browser.openWindow(address);
		await eventually(async () => (await rowsOf(page)).length === HOSTILE.length);
		for (const name of HOSTILE) {
			sse.send({ client: name }, `${name}\n${name}`, { event: name });
			sse.send({ group: name }, name);
		}
		await page.locator("#sends").check();
		await eventually(
			async () => (await page.locator("#feed .kind.send").count()) >= HOSTILE.length,
		);
		for (let row = 0; row < HOSTILE.length; row++) {
			await page.locator(".rows .row").nth(row).click();
			await page.locator("#timeline li").first().waitFor();
			await page.keyboard.press("Escape");
		}
		for (const name of HOSTILE) sse.disconnect({ client: name }, name);
		await eventually(async () => (await page.locator("#closes li").count()) === HOSTILE.length);
		const found = await page.evaluate(() => ({
			hacked: "hacked" in globalThis,
			injected: document.querySelectorAll("img[onerror], main script, [onload]").length,
			text: document.body.textContent ?? "",
		}));
		expect(found).toMatchObject({ hacked: false, injected: 0 });
		expect(found.text).toContain('<img src=x onerror="window.hacked=1">');
		// What would turn the direction of the text, or hide in it, is shown as a mark.
		expect(found.text).toContain("�gnp.exe");
		expect(found.text).not.toContain("\u202e");
	});

	it("sends a test event and disconnects a client, where that is allowed", async () => {
		const { page: address, open } = await serve({
			loopbackOnly: true,
			allow: { send: true, disconnect: true },
		});
		const stream = await open("ada");
		const page = await browser.openWindow(address);
		await page.locator(".rows .row:not(.loading)").click();
		await page.locator("#actions").getByRole("button", { name: "Send a test event" }).click();
		await page.getByLabel("Event type").fill("test");
		await page.getByLabel("Data").fill("hello\nworld");
		await page.getByRole("button", { name: "Send", exact: true }).click();
		await page.getByText("Handed to 1 connection.").waitFor();
		expect(await stream.take(1)).toEqual([{ event: "test", data: "hello\nworld" }]);
		await page.locator("#sheet").getByRole("button", { name: "Close" }).click();
		await page.getByRole("button", { name: "Disconnect client" }).click();
		await stream.ended;
		await page.locator("#actions").getByText("Ended 1").waitFor();
	});

	it("offers nothing that is not allowed", async () => {
		const { page: address, open } = await serve();
		await open("ada");
		const page = await browser.openWindow(address);
		await page.locator(".rows .row:not(.loading)").click();
		await page.locator("#timeline").getByText("opened").waitFor();
		expect(await page.locator("#actions button").count()).toBe(0);
		expect(await page.locator("#compose").isVisible()).toBe(false);
	});

	it("has only the rows in view, however many are connected", async () => {
		// Each takes two file descriptors of this process.
		const count = sizeOf({ usual: 1_000, long: 5_000 });
		const { page: address, open } = await serve();
		for (let at = 0; at < count; at++) await open(`client ${at}`);
		const page = await browser.openWindow(address);
		const total = count.toLocaleString("en");
		await eventually(async () => (await page.locator("#count").textContent()) === total);
		await page.locator("#table").focus();
		await page.keyboard.press("End");
		await eventually(async () => (await rowsOf(page)).at(-1) === "client 0");
		expect(await page.locator(".rows .row").count()).toBeLessThan(60);
		await page.keyboard.press("Home");
		await eventually(async () => (await rowsOf(page)).includes(`client ${count - 1}`));
		// Scrolled from end to end, each frame elsewhere.
		const most = await page.evaluate(async () => {
			const view = document.getElementById("rows") as HTMLElement;
			let most = 0;
			for (let step = 0; step <= 60; step++) {
				view.scrollTop = (view.scrollHeight * step) / 60;
				await new Promise((resolve) => requestAnimationFrame(resolve));
				most = Math.max(most, view.querySelectorAll(".row").length);
			}
			return most;
		});
		expect(most).toBeLessThan(60);
		await eventually(async () => (await rowsOf(page)).at(-1) === "client 0");
	});

	it("draws only what has changed: a row that comes into view, and ages", async () => {
		const { page: address, open } = await serve();
		for (let at = 0; at < 60; at++) await open(`client ${at}`);
		const page = await browser.openWindow(address);
		await eventually(async () => (await rowsOf(page)).includes("client 40"));
		const written = await page.evaluate(async () => {
			const view = document.getElementById("rows") as HTMLElement;
			const changes: MutationRecord[] = [];
			const observer = new MutationObserver((records) => changes.push(...records));
			const what = { subtree: true, childList: true, characterData: true, attributes: true };
			observer.observe(view, what);
			// By ten rows, and the part of the list that is in view is asked for again meanwhile.
			view.scrollTop = 380;
			const isAnswered = (entries: PerformanceObserverEntryList): boolean =>
				entries.getEntries().some(({ name }) => name.includes("/connections?"));
			await new Promise<void>((resolve) => {
				new PerformanceObserver((list) => {
					if (isAnswered(list)) requestAnimationFrame(() => setTimeout(resolve));
				}).observe({ type: "resource" });
			});
			observer.disconnect();
			const rowsOfChanges = changes.flatMap(({ target, addedNodes }) => {
				const [first = target] = addedNodes;
				const element = first instanceof Element ? first : first.parentElement;
				const isAge = element?.matches(".row > :nth-child(3)");
				const row = element?.closest(".row");
				return row && !isAge ? [row.getAttribute("aria-rowindex") ?? ""] : [];
			});
			return [...new Set(rowsOfChanges)].map(Number);
		});
		expect(written).not.toEqual([]);
		// The four rows that scrolling has brought beyond the six above those in view, and no other.
		expect(written.length).toBeLessThanOrEqual(4);
	});

	it.each(["light", "dark"] as const)(
		"fits a phone (%s), and its text stands out",
		async (colorScheme) => {
			const { page: address, open } = await serve();
			await open("a-client-with-quite-a-long-name-0123456789-0123456789", ["g".repeat(100)]);
			const page = await browser.openWindow(address, {
				viewport: { width: 360, height: 740 },
				colorScheme,
			});
			await eventually(async () => (await rowsOf(page)).length === 1);
			const widths = await page.evaluate(() => {
				const { scrollWidth, clientWidth } = document.documentElement;
				return [scrollWidth, clientWidth];
			});
			expect(widths[0]).toBe(widths[1]);
			expect(await page.evaluate(weakContrasts)).toEqual([]);
		},
	);

	it("says so where several processes answer that know nothing of each other", async () => {
		const all = await Promise.all([serve(), serve()]);
		const ports = all.map(({ server }) => Number(new URL(server.url).port));
		const page = await browser.openWindow(`${await inTurn.start(ports)}/inspector/`);
		await page.getByText("Several processes answer at this address").waitFor();
	});

	it("finds its stream again when the server has been away", async () => {
		const { page: address, server } = await serve();
		const page = await browser.openWindow(address);
		await eventually(async () => (await page.locator("#status-text").textContent()) === "Live");
		const hello = page.waitForResponse((response) => response.url().endsWith("/stream"));
		for (const socket of server.sockets) socket.destroy();
		await hello;
		await eventually(async () => (await page.locator("#status-text").textContent()) === "Live");
		// Chromium itself reports that it lost a stream.
		await browser.closeWindows();
	});
});
