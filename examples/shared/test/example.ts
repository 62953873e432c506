/**
 * An example with a sign-in, as its tests see it, and what each of them promises.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { openStream, type TestStream } from "@sse-service/testing";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type ServerProcess, startServerProcess } from "./server-process.js";

/** For `describe.skipIf`. */
export const hasNoBrowser = executablePath === undefined;

export interface RunningExample {
	readonly server: ServerProcess;
	readonly url: string;
	/** Of its page on another origin. */
	readonly otherUrl: string;
	/** A window of its own, with the cookie of `name`, who has signed in without a browser: forms take long. */
	openAs(name: string): Promise<Page>;
	/** One more tab of that window, which is signed in with it. */
	openTab(page: Page): Promise<Page>;
	/** A tab of that window with the page of the other origin. */
	openElsewhere(page: Page): Promise<Page>;
	/** A window in which nobody has signed in. */
	openWindow(address: string): Promise<Page>;
	/** The header by which `name` is signed in. */
	cookieOf(name: string): Promise<{ Cookie: string }>;
	/** The stream, without a browser. */
	open(headers: Record<string, string>): Promise<TestStream>;
}

/** Starts the example in `folder` once for all tests of a file, with a browser where there is one. */
export function useExample(folder: string, env: Record<string, string> = {}): RunningExample {
	let server: ServerProcess;
	let browser: TestBrowser | undefined;
	let url = "";
	let otherUrl = "";

	beforeAll(async () => {
		if (!hasNoBrowser) browser = await launchBrowser();
		server = startServerProcess(folder, { PORT: "0", ...env });
		url = await server.url();
		otherUrl = await server.url(1);
	});
	afterAll(async () => {
		await browser?.close();
		await server.kill("SIGKILL");
	});
	afterEach(async () => {
		// The browser itself reports each answer that is a refusal.
		const complaints = (await browser?.closeWindows()) ?? [];
		expect(complaints.filter((text) => !/status of 401/.test(text))).toEqual([]);
	});

	function windows(): TestBrowser {
		if (browser === undefined) throw new Error("There is no browser");
		return browser;
	}

	const openWindow = (address: string): Promise<Page> => windows().openWindow(address);

	return {
		get server() {
			return server;
		},
		get url() {
			return url;
		},
		get otherUrl() {
			return otherUrl;
		},
		openWindow,
		async openAs(name) {
			const { Cookie } = await cookieOf(url, name);
			const [key = "", value = ""] = Cookie.split("=");
			const page = await windows().openWindow(url, {}, [{ name: key, value, url }]);
			await live(page);
			return page;
		},
		async openTab(page) {
			const tab = await windows().openTab(page, url);
			await live(tab);
			return tab;
		},
		openElsewhere: (page) => windows().openTab(page, otherUrl),
		cookieOf: (name) => cookieOf(url, name),
		open: (headers) => openStream(`${url}/events`, { headers }),
	};
}

/** Resolves when the stream of a page is open. */
async function live(page: Page): Promise<void> {
	await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
}

async function signIn(page: Page, name: string, password: string): Promise<void> {
	await page.getByLabel("Name").fill(name);
	await page.getByLabel("Password").fill(password);
	await page.getByRole("button", { name: "Sign in" }).click();
}

async function cookieOf(url: string, name: string): Promise<{ Cookie: string }> {
	const response = await fetch(`${url}/session`, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ name, password: name }),
	});
	const [cookie = ""] = response.headers.getSetCookie();
	return { Cookie: cookie.split(";")[0] ?? "" };
}

/** Answers the status. */
export async function post(
	url: string,
	path: string,
	body: object,
	cookie: object,
): Promise<number> {
	const headers = { "Content-Type": "application/json", ...cookie };
	return (await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) })).status;
}

/** Sends something to everyone, as a user who may. */
export async function tell(page: Page, text: string): Promise<void> {
	await page.getByLabel("Tell everyone").fill(text);
	await page.getByRole("button", { name: "Send" }).click();
}

/**
 * What each example promises of its sessions, its broadcasts, and its other origin.
 * @param admin The name of the one who may tell everyone something.
 */
export function describeExample(example: RunningExample, admin: string): void {
	describe.skipIf(hasNoBrowser)("signing in and out, in a browser", () => {
		test("a wrong password is refused and says so, a right one opens the stream", async () => {
			const page = await example.openWindow(example.url);
			await signIn(page, "ada", "grace");
			await page.getByRole("alert").getByText("Wrong name or password").waitFor();
			expect(await page.getByRole("status").isVisible()).toBe(false);
			await signIn(page, "ada", "ada");
			await live(page);
		});

		test("a name to try fills the form", async () => {
			const page = await example.openWindow(example.url);
			await page.getByRole("button", { name: "grace" }).click();
			await page.getByRole("button", { name: "Sign in" }).click();
			await live(page);
		});

		test("signing out on one tab ends the streams of all, which then ask to sign in", async () => {
			const page = await example.openAs("ada");
			const tab = await example.openTab(page);
			// A tab behind another draws once in a second, and a click waits for that.
			await page.bringToFront();
			await page.getByRole("button", { name: "Sign out" }).click();
			for (const each of [page, tab]) {
				await each.getByRole("heading", { name: "Sign in" }).waitFor();
			}
		});
	});

	describe.skipIf(hasNoBrowser)("the page of another origin", () => {
		test("asks those who are not signed in to sign in, and looks again when they are back", async () => {
			const elsewhere = await example.openWindow(example.otherUrl);
			const link = elsewhere.getByRole("link");
			await link.waitFor();
			expect(await link.evaluate((each) => (each as HTMLAnchorElement).href)).toBe(
				`${example.url}/`,
			);
			const page = await elsewhere.context().newPage();
			await page.goto(example.url);
			await signIn(page, "ada", "ada");
			await live(page);
			const opened = elsewhere.waitForResponse(
				(response) => response.url() === `${example.url}/events` && response.status() === 200,
			);
			// Every page has the focus here, so it is never given to one.
			await elsewhere.evaluate(() => window.dispatchEvent(new Event("focus")));
			await opened;

			expect(await link.isVisible()).toBe(false);
		});
	});

	describe.skipIf(hasNoBrowser)("telling everyone, in a browser", () => {
		test("it reaches every tab of everyone, and those who come later", async () => {
			const [ada, grace, teller] = await Promise.all([
				example.openAs("ada"),
				example.openAs("grace"),
				example.openAs(admin),
			]);
			const again = await example.openTab(ada);
			await tell(teller, "<b>five</b> minutes left");
			for (const page of [ada, again, grace, teller]) {
				await page.getByText("<b>five</b> minutes left").waitFor();
			}
			await teller.getByText("It reached 4 tabs.").waitFor();
			const later = await example.openTab(grace);
			await later.getByText("<b>five</b> minutes left").waitFor();

			expect(await ada.getByLabel("Tell everyone").isVisible()).toBe(false);
		});
	});

	describe("without a browser", () => {
		test("only one may tell everyone, and not nothing", async () => {
			const statusOf = async (name: string | undefined, text: string) => {
				const cookie = name === undefined ? {} : await example.cookieOf(name);
				return post(example.url, "/notices", { text }, cookie);
			};

			expect(await statusOf(undefined, "hello")).toBe(401);
			expect(await statusOf("ada", "hello")).toBe(403);
			expect(await statusOf(admin, "")).toBe(400);
		});

		test.each([{}, { Cookie: "token=nonsense; sid=nonsense; user=ada" }])(
			"with %j the stream is refused",
			async (headers) => {
				const stream = await example.open(headers);

				expect(stream.status).toBe(401);
				expect(stream.headers["content-type"]).toContain("application/json");
			},
		);

		test("only the other origin may read with cookies from afar", async () => {
			const answers = await Promise.all(
				[example.otherUrl, "http://elsewhere.example"].map(async (Origin) => {
					const { headers } = await fetch(`${example.url}/session`, { headers: { Origin } });
					return [
						headers.get("access-control-allow-origin") === Origin,
						headers.get("access-control-allow-credentials"),
						// What the client reads of the stream's headers.
						headers.get("access-control-expose-headers")?.replaceAll(" ", ""),
					];
				}),
			);

			expect(answers[0]).toEqual([true, "true", "SSE-Heartbeat,Retry-After"]);
			expect(answers[1]?.[0]).toBe(false);
		});
	});
}

/** The last tests of a file: how a signal ends the process. SIGTERM ends the one that all others have used. */
export function describeEnd(example: RunningExample, folder: string): void {
	async function expectOrderlyEnd(
		server: ServerProcess,
		url: string,
		signal: "SIGTERM" | "SIGINT",
	): Promise<void> {
		const headers = await cookieOf(url, "ada");
		const streams = await Promise.all([1, 2].map(() => openStream(`${url}/events`, { headers })));
		expect(streams.map(({ status }) => status)).toEqual([200, 200]);
		// On which nothing is asked, as browsers open them in advance.
		const silent = connect(Number(new URL(url).port), "127.0.0.1");
		silent.on("error", () => {});
		await once(silent, "connect");

		const { code, stderr } = await server.kill(signal);

		expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([true, true]);
		expect(stderr).toBe("");
		expect(code).toBe(0);
		silent.destroy();
	}

	test("SIGINT ends open streams in an orderly way, and then the process, with 0", async () => {
		const server = startServerProcess(folder, { PORT: "0" });
		await expectOrderlyEnd(server, await server.url(), "SIGINT");
	});

	test("SIGTERM does, and so it does after all that was done here", () =>
		expectOrderlyEnd(example.server, example.url, "SIGTERM"));
}
