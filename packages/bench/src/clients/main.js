// `pnpm bench:clients`: what one event costs a page in Chromium, by the client that receives it.

import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { createSSEService } from "sse-service";
import { build } from "vite";
import { findProgram } from "../../../../.ci/programs.mjs";
import { spreadOf } from "../spread.js";
import { markdownTable } from "../table.js";

const { values } = parseArgs({
	options: {
		rounds: { type: "string", default: "5" },
		seconds: { type: "string", default: "10" },
	},
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const EVENTS_A_SECOND = 1_000;
const TICK_MS = 10;
const EVENT_BYTES = 200;

const CLIENTS = [
	"EventSource",
	"@sse-service/client",
	"@microsoft/fetch-event-source",
	"eventsource-client",
	"event-source-plus",
	"sse-runtime-core",
];

const executablePath = findProgram("chromium") ?? "";
if (executablePath === "") {
	console.error("There is no Chromium on this machine");
	process.exit(1);
}

const script = await bundle();
const sse = createSSEService({ history: true });
const server = createServer((req, res) => {
	if (req.url === "/") {
		res.setHeader("content-type", "text/html");
		res.end(`<!doctype html><meta charset="utf-8"><script type="module">${script}</script>`);
	} else if (req.url === "/events") sse.connect({ req, res });
	else res.writeHead(404).end();
});
await new Promise((resolve) => {
	server.listen(0, "127.0.0.1", () => resolve(undefined));
});
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const url = `http://127.0.0.1:${port}`;

/** @type {Map<string, number[]>} */
const micros = new Map(CLIENTS.map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
	for (let place = 0; place < CLIENTS.length; place++) {
		const name = CLIENTS[(place + round) % CLIENTS.length] ?? "";
		micros.get(name)?.push(await measure(name));
	}
	console.error(`round ${round + 1} of ${rounds} done`);
}
await sse.close();
server.close();

const own = micros.get("EventSource") ?? [];
const rows = CLIENTS.map((name) => {
	const all = micros.get(name) ?? [];
	const { min, median, max } = spreadOf(all);
	const ratio = spreadOf(all.map((value, round) => value / (own[round] ?? Number.NaN)));
	return [name, ...[min, median, max].map((value) => value.toFixed(1)), ratio.median.toFixed(2)];
});
console.log(
	`µs of CPU for one event of ${EVENT_BYTES} B, all processes of Chromium that the page needs, at ${EVENTS_A_SECOND} a second for ${seconds} s, ${rounds} rounds:\n`,
);
console.log(markdownTable([["", "min", "median", "max", "× EventSource"], ...rows]));

/** A fresh browser, whose processes serve this page only. @param {string} name @returns microseconds for one event */
async function measure(name) {
	const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
	const browser = await chromium.launch({ executablePath, args });
	try {
		const page = await browser.newPage();
		await page.goto(url);
		const session = await browser.newBrowserCDPSession();
		const usedSeconds = async () => {
			const { processInfo } = await session.send("SystemInfo.getProcessInfo");
			return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
		};
		await page.evaluate(`start(${JSON.stringify(name)}, "/events")`);
		while (sse.stats().connections === 0) await setTimeout(10);
		// The part before the measurement lets the code be compiled.
		let index = await sendFor(2_000, 0);
		await untilSeen(page, index - 1);
		const before = await usedSeconds();
		const from = index;
		index = await sendFor(seconds * 1_000, index);
		await untilSeen(page, index - 1);
		const used = (await usedSeconds()) - before;
		const count = await page.evaluate("seen.count");
		if (count !== index) throw new Error(`${name} received ${count} of ${index} events`);
		return (used * 1e6) / (index - from);
	} finally {
		await browser.close();
		while (sse.stats().connections > 0) await setTimeout(10);
	}
}

/** @param {number} ms @param {number} first the index of the first event @returns the index of the next */
async function sendFor(ms, first) {
	const begun = performance.now();
	let index = first;
	for (let passed = 0; passed < ms; passed = performance.now() - begun) {
		const due = first + Math.floor((passed / 1_000) * EVENTS_A_SECOND);
		for (; index < due; index++) sse.send("all", eventOf(index), { event: "tick" });
		await setTimeout(TICK_MS);
	}
	return index;
}

/** @param {number} index */
function eventOf(index) {
	const bare = JSON.stringify({ index, text: "" }).length;
	return { index, text: "x".repeat(EVENT_BYTES - bare) };
}

/** @param {import("playwright-core").Page} page @param {number} last */
async function untilSeen(page, last) {
	while ((await page.evaluate("seen.last")) !== last) await setTimeout(20);
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
