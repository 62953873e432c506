/**
 * The README, read to the letter: its server runs, and its pages run in Chromium as a bundler makes them.
 */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { eventually, openStream } from "@sse-service/testing";
import { executablePath, launchBrowser, type TestBrowser } from "@sse-service/testing/browser";
import { codeOf } from "@sse-service/testing/markdown";
import { describeReadmes } from "@sse-service/testing/readme";
import { createSSEService, type SSEService } from "sse-service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveOptions } from "../src/options.js";
import { bundle } from "./bundle.js";
import { servePage } from "./page.js";
import { serve } from "./serving.js";

const PACKAGE = join(import.meta.dirname, "..");

let browser: TestBrowser | undefined;

beforeAll(async () => {
	if (executablePath !== undefined) browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** What the paths beside `/events` answer. @returns whether it was one of them */
function answerOthers(req: IncomingMessage, res: ServerResponse): boolean {
	if (req.url === "/token") res.end("fresh");
	else if (req.url === "/private" && req.headers.authorization !== "Bearer fresh") {
		res.writeHead(401).end();
	} else if (req.url === "/answer") {
		const sse = createSSEService();
		const { connection } = sse.connect({ req, res });
		for (const part of ["Nothing", "at all", "[DONE]"]) connection.send(part);
	} else return false;
	return true;
}

type Page = Awaited<ReturnType<TestBrowser["openWindow"]>>;

/** Opens the page, and calls `check` with the service whose streams it opens, what it logs, and what it shows. */
async function onPage(
	code: string,
	check: (seen: { sse: SSEService; logged: string[]; page: Page }) => Promise<void>,
	addition = "",
): Promise<void> {
	if (browser === undefined) return;
	const page = servePage(await bundle(code + addition));
	const { sse, server } = await serve(
		{ history: true },
		(req, res) => page(req, res) || answerOthers(req, res),
	);
	const opened = await browser.openWindow("about:blank");
	const logged: string[] = [];
	opened.on("console", (message) => logged.push(message.text()));
	await opened.goto(server.url);
	await check({ sse, logged, page: opened });
	await opened.close();
}

async function shows(sse: SSEService, page: Page, selector: string, text: string): Promise<void> {
	await eventually(() => sse.stats().connections === 1, "the page to connect");
	await page.waitForFunction("document.querySelector('#root').textContent.includes('…')");
	sse.send("all", { price: 7 }, { event: "tick" });
	await page.waitForSelector(`${selector}:has-text("${text}")`);
	expect(sse.stats().connectionsOpened).toBe(1);
}

const { table } = describeReadmes({
	files: [join(PACKAGE, "README.md")],
	project: { packages: ["sse-service"] },
	programs: {
		"server.mjs": async ({ url, terminate }) => {
			const stream = await openStream(`${url}/events`);
			expect((await fetch(url)).status).toBe(404);
			expect(await terminate()).toBe(0);
			expect(await stream.ended).toBe(true);
		},
	},
	pages: {
		page: (code) =>
			onPage(code, async ({ sse, logged }) => {
				await eventually(() => sse.stats().connections === 1);
				sse.send("all", { price: 7 }, { event: "tick" });
				await eventually(() => logged.length > 0);
				expect(logged).toEqual(["7"]);
			}),
		token: (code) =>
			onPage(code, async ({ sse, logged }) => {
				await eventually(() => sse.stats().connections === 1);
				sse.send("all", "secret");
				await eventually(() => logged.includes("secret"));
			}),
		post: (code) =>
			onPage(code, async ({ logged }) => {
				await eventually(() => logged.length === 3);
				expect(logged).toEqual(["Nothing", "at all", "[DONE]"]);
			}),
		shared: (code) =>
			onPage(code, async ({ sse, logged }) => {
				await eventually(() => sse.stats().connections === 1);
				sse.send("all", "7", { event: "tick" });
				await eventually(() => logged.length > 0);
				expect(logged).toEqual(["7"]);
			}),
		react: (code) =>
			onPage(
				code,
				({ sse, page }) => shows(sse, page, "output[data-state=open]", "7"),
				`
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
createRoot(document.querySelector("#root")!).render(
	<StrictMode><Price /><Price /></StrictMode>,
);
`,
			),
		vue: (code) =>
			onPage(code, ({ sse, page }) => shows(sse, page, "output[data-state=open]", "7")),
		svelte: (code) => onPage(code, ({ sse, page }) => shows(sse, page, "#root", "open 7")),
	},
});

describe("the tables", () => {
	it("options: each is there", () => {
		const source = readFileSync(join(PACKAGE, "src/types.ts"), "utf8");
		const [, body = ""] = /interface StreamOptions<[^{]*\{\n([\s\S]*?)\n\}/.exec(source) ?? [];
		const names = Array.from(body.matchAll(/^\treadonly (\w+)\?:/gm), ([, name]) => name);
		expect(table("options").rows.map(([name = ""]) => codeOf(name)[0])).toEqual(names);
	});

	it("options: the defaults are those of the code", () => {
		const resolved: Readonly<Record<string, unknown>> = { ...resolveOptions({}) };
		for (const [name = "", value = ""] of table("options").rows) {
			const [code = ""] = codeOf(value);
			const own = resolved[codeOf(name)[0] ?? ""];
			if (!/^["\d{]/.test(code) || own === undefined) continue;
			expect(own).toEqual(new Function(`return (${code})`)());
		}
	});

	it("errors: each code is there", () => {
		const source = readFileSync(join(PACKAGE, "src/stream-error.ts"), "utf8");
		const codes = /type StreamErrorCode =([^;]+);/.exec(source)?.[1]?.match(/ERR_\w+/g) ?? [];
		expect(table("errors").rows.map(([code = ""]) => codeOf(code)[0])).toEqual(codes);
	});
});
