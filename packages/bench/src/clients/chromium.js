// A page in Chromium as the place where a client runs.

import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "vite";

/** @typedef {import("./main.js").Place} Place */

export const NAMES = [
	"EventSource",
	"@sse-service/client",
	"@microsoft/fetch-event-source",
	"eventsource-client",
	"event-source-plus",
	"sse-runtime-core",
];

/** @returns {Promise<string>} the page */
export async function makePage() {
	return `<!doctype html><meta charset="utf-8"><script type="module">${await bundle()}</script>`;
}

/** Opens a fresh browser, whose processes serve this page only. @param {string} executablePath @returns {Place} */
export function inChromium(executablePath) {
	return async (name, url) => {
		const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
		const browser = await chromium.launch({ executablePath, args });
		const page = await browser.newPage();
		await page.goto(url);
		const session = await browser.newBrowserCDPSession();
		await page.evaluate(`start(${JSON.stringify(name)}, "/events")`);
		return {
			async look() {
				const { processInfo } = await session.send("SystemInfo.getProcessInfo");
				const seconds = processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
				return { .../** @type {any} */ (await page.evaluate("seen")), seconds };
			},
			end: () => browser.close(),
		};
	};
}
async function bundle() {
	const entry = fileURLToPath(new URL("in-page.js", import.meta.url));
	const result = await build({
		configFile: false,
		logLevel: "error",
		root: fileURLToPath(new URL(".", import.meta.url)),
		build: {
			write: false,
			modulePreload: false,
			rollupOptions: { input: entry, output: { codeSplitting: false } },
		},
	});
	const [output] = Array.isArray(result) ? result : [result];
	if (output === undefined || !("output" in output)) throw new Error("vite built nothing");
	return output.output[0].code;
}
