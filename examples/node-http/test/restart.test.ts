/**
 * The page, when its server stops and starts again.
 */
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { type ServerProcess, startServerProcess } from "example-shared/server-process";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { item, join, live, said, send } from "./page.js";

const example = new URL("..", import.meta.url).pathname;

describe.skipIf(executablePath === undefined)("a restart of the server", () => {
	let browser: TestBrowser;
	let server: ServerProcess | undefined;

	beforeAll(async () => {
		browser = await launchBrowser();
	});
	afterAll(() => browser.close());

	afterEach(async () => {
		// The browser itself reports each attempt to connect that fails.
		const complaints = await browser.closeWindows();
		expect(complaints.filter((text) => !text.includes("net::ERR_"))).toEqual([]);
		await server?.kill("SIGKILL");
	});

	test.each(["SIGTERM", "SIGKILL"] as const)(
		"after %s the page says so, comes back by itself, and is in its rooms again",
		async (signal) => {
			server = startServerProcess(example, { PORT: "0" });
			const url = await server.url();
			const ada = await browser.openWindow(`${url}/?as=ada`);
			const grace = await browser.openWindow(`${url}/?as=grace`);
			for (const page of [ada, grace]) await join(page, "kitchen");
			await item(ada, "Rooms", "kitchen").getByText("2 tabs of 2 people").waitFor();

			await server.kill(signal);
			await ada.getByRole("status").getByText("Reconnecting", { exact: true }).waitFor();
			await ada
				.locator("#since")
				.getByText(/^[1-9]\d* s$/)
				.waitFor();
			await ada.getByText("The browser is opening it again by itself.").waitFor();
			await send(ada, "# kitchen", "typed while it was away");
			await ada.getByText("Not sent: the stream is not open.").waitFor();

			server = startServerProcess(example, { PORT: new URL(url).port });
			await server.url();
			for (const page of [ada, grace]) {
				await live(page);
				await said(
					page,
					/^The server was restarted\. Back after \d+ s, in .+kitchen again\./,
				).waitFor();
			}
			await item(ada, "Rooms", "kitchen").getByText("2 tabs of 2 people").waitFor();
			expect(await ada.getByText("Not sent").count()).toBe(0);
			// What could not be sent is still there.
			await ada.getByRole("button", { name: "Send" }).click();
			await said(grace, "typed while it was away").waitFor();
			await said(ada, "typed while it was away").getByText("Delivered to 2 tabs").waitFor();
		},
	);
});
