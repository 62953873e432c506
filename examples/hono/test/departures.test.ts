/**
 * The app without a server, and the process as a person sees it.
 */
import { join } from "node:path";
import { openStream } from "@sse-service/client";
import { openStream as openTestStream } from "@sse-service/testing";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { type ServerProcess, startServerProcess } from "example-shared/server-process";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startAnnouncer } from "../announcer.js";
import { createApp, type Events } from "../app.js";

function change(train: string, wish: object): [string, RequestInit] {
	return [`/trains/${train}`, { method: "POST", body: JSON.stringify(wish) }];
}

describe("the app, without a server", () => {
	test("a stream of app.request() shows what is announced", async () => {
		const { app, streams } = createApp();
		onTestFinished(() => streams.close());
		const announcer = startAnnouncer(app);
		onTestFinished(() => announcer.close());
		const stream = openStream<Events>("http://test/events", {
			fetch: async (url, init) => app.request(url, init),
		});
		const announced = new Promise((resolve) => {
			stream.on("announcement", ({ data }) => resolve(data.text));
		});
		const readers = new Promise<void>((resolve) => {
			stream.on("readers", ({ data }) => data.inside === 1 && resolve());
		});
		await readers;
		expect((await app.request(...change("RE-7", { track: 8 }))).status).toBe(200);
		expect(await announced).toBe(
			"Please note: RE-7, the 14:12 to Ghent, leaves from track 8 instead of track 2.",
		);
		stream.close();
	});

	test.each([
		["RE-7", { track: 10 }],
		["RE-7", { delayMinutes: 181 }],
		["RE-7", { track: "2" }],
		["__proto__", { track: 2 }],
	])("refuses to change %s to %o", async (train, wish) => {
		const { app } = createApp();
		expect((await app.request(...change(train, wish))).status).toBe(400);
	});
});

describe("the process", () => {
	let server: ServerProcess;
	let url: string;
	let browser: TestBrowser | undefined;

	beforeAll(async () => {
		server = startServerProcess(join(import.meta.dirname, ".."), { PORT: "0" });
		url = await server.url();
		if (executablePath !== undefined) browser = await launchBrowser();
	});
	afterAll(async () => {
		await browser?.close();
		await server.kill("SIGKILL");
	});

	async function open(): Promise<Page> {
		if (browser === undefined) throw new Error("There is no browser");
		const page = await browser.openWindow(url);
		await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
		return page;
	}

	test.skipIf(executablePath === undefined)(
		"a change on one screen is on the other, and the announcer says it on both",
		async () => {
			const [desk, screen] = await Promise.all([open(), open()]);
			await screen.getByText("2 readers over HTTP and 1 reader in the process").waitFor();
			await desk.getByLabel("Track of the train to Vienna").selectOption("9");
			await desk.getByRole("button", { name: "Delay the train to Lyon by 5 minutes" }).click();
			const said = screen.getByRole("log").getByRole("listitem");
			await said.getByText("NJ-40, the 14:31 to Vienna, leaves from track 9").waitFor();
			await said.getByText("ICE-591, the 14:05 to Lyon, leaves about 5 minutes late").waitFor();

			expect(await screen.getByLabel("Track of the train to Vienna").inputValue()).toBe("9");
			await screen
				.getByRole("listitem")
				.filter({ hasText: "Lyon" })
				.getByText("+5", { exact: true })
				.waitFor();
			expect(await browser?.closeWindows()).toEqual([]);
		},
	);

	test("nobody speaks for the announcer over HTTP", async () => {
		const body = JSON.stringify({ text: "All trains are free today" });
		const response = await fetch(`${url}/announcements`, { method: "POST", body });
		expect(response.status).toBe(403);
	});

	test("SIGTERM ends the streams, and the process", async () => {
		const stream = await openTestStream(`${url}/events`);
		expect(await server.kill("SIGTERM")).toMatchObject({ code: 0, stderr: "" });
		expect(await stream.ended).toBe(true);
	});
});
