/**
 * Browsers of three makes with tabs that share their storage, driven by what each makes' own protocol allows: Chromium by
 * playwright-core, Firefox by puppeteer-core over WebDriver BiDi, WebKit by selenium-webdriver.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import puppeteer from "puppeteer-core";
import { Builder, Capabilities, type WebDriver } from "selenium-webdriver";
import { RUN_LIMIT_MS } from "../../../.ci/limits.mjs";
import { findProgram } from "../../../.ci/programs.mjs";
import { launchBrowser } from "./browser.js";
import { startServerProcess } from "./server-process.js";
import { eventually } from "./waiting.js";

export interface TabBrowser {
	openTab(address: string): Promise<BrowserTab>;
	close(): Promise<void>;
}

export interface BrowserTab {
	/** The value of an expression, or of the promise that it is, as JSON carries it. */
	evaluate<Value>(expression: string): Promise<Value>;
	/** Ends the process of the page, without an event in it. Only Chromium can be asked to. */
	crash?(): Promise<void>;
	/** Stops the tasks of the page, as browsers do to tabs in the background, or continues them. Only Chromium can be asked to. */
	setFrozen?(isFrozen: boolean): Promise<void>;
	close(): Promise<void>;
}

export async function launchChromium(): Promise<TabBrowser> {
	const browser = await launchBrowser({ processes: "of tabs" });
	let first: Awaited<ReturnType<typeof browser.openWindow>> | undefined;
	return {
		async openTab(address) {
			// A blank page keeps the window open when all others are closed.
			first ??= await browser.openWindow("about:blank");
			const page = await browser.openTab(first, address);
			return {
				evaluate: (expression) => page.evaluate(expression),
				async crash() {
					const session = await page.context().newCDPSession(page);
					session.send("Page.crash").catch(() => {});
					await new Promise((resolve) => {
						page.once("crash", resolve);
					});
					await page.close();
				},
				async setFrozen(isFrozen) {
					const session = await page.context().newCDPSession(page);
					const state = isFrozen ? "frozen" : "active";
					await session.send("Page.setWebLifecycleState", { state });
					await session.detach();
				},
				close: () => page.close(),
			};
		},
		close: () => browser.close(),
	};
}

export const firefoxPath = findProgram("firefox-esr");

export async function launchFirefox(): Promise<TabBrowser> {
	if (firefoxPath === undefined) throw new Error("There is no Firefox on this machine");
	const browser = await puppeteer.launch({
		browser: "firefox",
		executablePath: firefoxPath,
		headless: true,
		timeout: RUN_LIMIT_MS,
		protocolTimeout: RUN_LIMIT_MS,
	});
	return {
		async openTab(address) {
			const page = await browser.newPage();
			await page.goto(address, { timeout: RUN_LIMIT_MS });
			return {
				evaluate: <Value>(expression: string) => page.evaluate(expression) as Promise<Value>,
				close: () => page.close(),
			};
		},
		close: () => browser.close(),
	};
}

const webKitDriver = findProgram("webkit2gtk-driver");
const xvfb = findProgram("xvfb");

export const hasWebKit = webKitDriver !== undefined && xvfb !== undefined;

/** Needs a display, and gets one of its own. */
export async function launchWebKit(): Promise<TabBrowser> {
	if (webKitDriver === undefined || xvfb === undefined) {
		throw new Error("There is no WebKitWebDriver or no Xvfb on this machine");
	}
	const path = webKitDriver;
	const display = await startDisplay(xvfb);
	const server = await startServerProcess({
		path: "/usr/bin/env",
		scheme: "http",
		args: (port) => [`DISPLAY=:${display.number}`, path, `--port=${port}`, "--host=127.0.0.1"],
		greeting: "GET /status HTTP/1.0\r\n\r\n",
		answer: /"ready":true/,
	});
	const driver = await new Builder()
		.usingServer(server.url)
		.withCapabilities(new Capabilities({ browserName: "MiniBrowser" }))
		.build();
	await driver.manage().setTimeouts({ script: RUN_LIMIT_MS, pageLoad: RUN_LIMIT_MS });
	// A session looks at one window at a time.
	let last: Promise<unknown> = Promise.resolve();
	function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
		const turn = last.then(work);
		last = turn.catch(() => {});
		return turn;
	}
	return {
		openTab: (address) => inTurn(() => openTab(driver, address, inTurn)),
		async close() {
			await driver.quit().catch(() => {});
			await server.stop();
			display.process.kill();
			await once(display.process, "exit");
		},
	};
}

/** Of a promise, in WebKit. */
interface Settled<Value> {
	readonly value?: Value;
	readonly error?: string;
}

async function openTab(
	driver: WebDriver,
	address: string,
	inTurn: <Value>(work: () => Promise<Value>) => Promise<Value>,
): Promise<BrowserTab> {
	await driver.switchTo().newWindow("tab");
	const handle = await driver.getWindowHandle();
	await driver.get(address);
	// A tab that is new may still show its blank page.
	const isLoaded = "return location.href !== 'about:blank' && document.readyState === 'complete'";
	await driver.wait(() => driver.executeScript<boolean>(isLoaded), RUN_LIMIT_MS);
	const run = <Value>(script: string): Promise<Value> =>
		inTurn(async () => {
			await driver.switchTo().window(handle);
			return driver.executeScript<Value>(script);
		});
	return {
		async evaluate<Value>(expression: string) {
			// The driver would carry out no other command until a promise has settled, not even one that settles it.
			const { promise, value } = await run<{ readonly promise?: number; readonly value: Value }>(
				`const value = ${expression};
				if (!(value instanceof Promise)) return { value };
				const results = (window.resultsForTests ??= []);
				const promise = results.push(undefined) - 1;
				value.then(
					(value) => { results[promise] = { value }; },
					(error) => { results[promise] = { error: String(error) }; },
				);
				return { promise };`,
			);
			if (promise === undefined) return value;
			const result = (): Promise<Settled<Value> | null> =>
				run(`return window.resultsForTests[${promise}]`);
			await eventually(async () => (await result()) !== null, expression);
			const { value: last, error } = (await result()) as Settled<Value>;
			if (error !== undefined) throw new Error(error);
			return last as Value;
		},
		close: () =>
			inTurn(async () => {
				await driver.switchTo().window(handle);
				await driver.close();
				const [other = ""] = await driver.getAllWindowHandles();
				await driver.switchTo().window(other);
			}),
	};
}

async function startDisplay(
	path: string,
): Promise<{ readonly number: string; readonly process: ChildProcess }> {
	const stdio: ("ignore" | "pipe")[] = ["ignore", "ignore", "ignore", "pipe"];
	const server = spawn(path, ["-displayfd", "3", "-nolisten", "tcp"], { stdio });
	process.once("exit", () => server.kill());
	const [number] = await once(server.stdio[3] as Readable, "data");
	return { number: String(number).trim(), process: server };
}
