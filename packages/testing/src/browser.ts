/**
 * Chromium, and tabs of the page in it. What a page complains about fails the test.
 */
import {
	type Browser,
	type BrowserContext,
	type BrowserContextOptions,
	chromium,
	type Page,
} from "playwright-core";
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
	"--in-process-gpu",
];
/** Most of what a tab costs is its process. */
const ONE_PROCESS = ["--disable-site-isolation-trials", "--renderer-process-limit=1"];

/** What a page draws, this machine's processor does. */
const CALM: BrowserContextOptions = {
	// What moves is drawn sixty times a second, and has to stand still before it can be clicked.
	reducedMotion: "reduce",
	// A third of the usual number of pixels, and no telephone.
	viewport: { width: 700, height: 480 },
};

export interface TestBrowser {
	/**
	 * A small window of its own, with storage of its own, in which nothing moves: a client, unless `as` in the address says
	 * otherwise. With `cookies`, it has these before it goes there.
	 */
	openWindow(
		address: string,
		options?: BrowserContextOptions,
		cookies?: Parameters<BrowserContext["addCookies"]>[0],
	): Promise<Page>;
	/** One more tab of the window that `page` is in. */
	openTab(page: Page, address: string): Promise<Page>;
	/** Close all windows and empty their storage; resolves with what their pages complained about. */
	closeWindows(): Promise<string[]>;
	close(): Promise<void>;
}

/** A window's storage and process. Both outlive its tabs, and serve the next window that has these options. */
interface Profile {
	readonly options: string;
	readonly context: BrowserContext;
	/** The tab that keeps the process. */
	readonly blank: Page;
	/** Of all that was opened since it was emptied. */
	readonly origins: Set<string>;
	isFree: boolean;
}

interface LaunchOptions {
	/** Each tab has a process, which can crash. Default: the tabs of a window share one. */
	readonly processes?: "of tabs" | "of windows";
}

export async function launchBrowser(options: LaunchOptions = {}): Promise<TestBrowser> {
	if (executablePath === undefined) throw new Error("There is no Chromium on this machine");
	const args = [...ARGUMENTS, ...(options.processes === "of tabs" ? [] : ONE_PROCESS)];
	const browser: Browser = await chromium.launch({ executablePath, args });
	const profiles: Profile[] = [];
	const complaints: string[] = [];

	async function createProfile(options: BrowserContextOptions): Promise<Profile> {
		const context = await browser.newContext(options);
		context.setDefaultTimeout(RUN_LIMIT_MS);
		const blank = await context.newPage();
		const origins = new Set<string>();
		context.on("page", (page) => {
			page.on("framenavigated", (frame) => origins.add(new URL(frame.url()).origin));
			page.on("pageerror", (error) => complaints.push(error.message));
			page.on("console", (message) => {
				if (message.type() === "error") complaints.push(message.text());
			});
		});
		return { options: JSON.stringify(options), context, blank, origins, isFree: false };
	}

	return {
		async openWindow(address, options = {}, cookies = []) {
			const all: BrowserContextOptions = { ...CALM, ...options };
			const wanted = JSON.stringify(all);
			const free = profiles.find((each) => each.isFree && each.options === wanted);
			if (free !== undefined) free.isFree = false;
			const profile = free ?? (await createProfile(all));
			if (free === undefined) profiles.push(profile);
			await profile.context.addCookies(cookies);
			const page = await profile.context.newPage();
			await page.goto(address);
			return page;
		},
		async openTab(page, address) {
			const tab = await page.context().newPage();
			await tab.goto(address);
			return tab;
		},
		async closeWindows() {
			await Promise.all(profiles.filter(({ isFree }) => !isFree).map(empty));
			return complaints.splice(0);
		},
		close: () => browser.close(),
	};
}

async function empty(profile: Profile): Promise<void> {
	const { context, blank, origins } = profile;
	for (const page of context.pages()) if (page !== blank) await page.close();
	await context.setOffline(false);
	await context.clearCookies();
	const session = await context.newCDPSession(blank);
	for (const origin of origins) {
		await session.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
	}
	await session.detach();
	origins.clear();
	profile.isFree = true;
}
