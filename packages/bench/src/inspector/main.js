// `pnpm bench:inspector`: whether the inspector's page keeps up. Chromium shows 10,000 connections, of which some come and go
// each second, while the list is scrolled from end to end; what counts is how late frames are.

import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { inspector } from "@sse-service/inspector";
import { chromium } from "playwright-core";
import { createSSEService } from "sse-service";
import { findProgram } from "../../../../.ci/programs.mjs";
import { markdownTable } from "../table.js";
import { countOf, watchFrames } from "./in-page.js";

/** A frame of 60 a second. */
const FRAME_MS = 1_000 / 60;
/** Beyond this, a frame has been left out. */
const LONG_MS = 1.5 * FRAME_MS;
/** What must hold: the median, and how many frames may be long. */
const LIMITS = { medianMs: 17.5, longShare: 0.01 };
/** Of the rows that exist at a time, whatever is connected. */
const MAX_ROWS = 80;
const SENDS_A_SECOND = 20;

const { values } = parseArgs({
	options: {
		rows: { type: "string", default: "10000" },
		seconds: { type: "string", default: "15" },
		churn: { type: "string", default: "50" },
		judge: { type: "boolean", default: false },
	},
});
const rows = Number(values.rows);
const seconds = Number(values.seconds);

const executablePath = findProgram("chromium") ?? "";
if (executablePath === "") {
	console.error("There is no Chromium on this machine");
	process.exit(1);
}

const sse = createSSEService({ heartbeatIntervalMs: 0 });
const inspect = inspector(sse, { loopbackOnly: true });
const server = createServer((req, res) => {
	if (inspect(req, res)) return;
	const { pathname } = new URL(req.url ?? "", "http://localhost");
	sse.connect({ req, res, clientId: pathname.slice(1), groups: ["all", `of${pathname.at(-1)}`] });
});
server.listen({ host: "127.0.0.1", port: 0, backlog: 4_096 });
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

const clients = fork(fileURLToPath(new URL("clients-process.js", import.meta.url)), [
	`${port}`,
	`${rows}`,
	`${values.churn}`,
]);
await once(clients, "message");
console.error(`${rows} clients are connected, ${values.churn} of them change each second`);

const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const browser = await chromium.launch({ executablePath, args });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
await page.goto(`http://127.0.0.1:${port}/inspector/`);
while ((await page.evaluate(countOf)) < rows * 0.9) await setTimeout(100);
const session = await page.context().newCDPSession(page);
// CPU time of the page's main thread, which a busy machine does not lengthen.
await session.send("Performance.enable", { timeDomain: "threadTicks" });
const workedMs = async () => {
	const { metrics } = await session.send("Performance.getMetrics");
	return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
};
const sending = setInterval(
	() => sse.send({ group: "all" }, "x".repeat(100)),
	1_000 / SENDS_A_SECOND,
);

const phases = [];
for (const [name, isScrolling] of /** @type {const} */ ([
	["at rest, updating", false],
	["scrolling and updating", true],
])) {
	const before = await workedMs();
	const watched = await page.evaluate(watchFrames, { ms: seconds * 1_000, isScrolling });
	phases.push({ name, ...watched, worked: (await workedMs()) - before });
}
clearInterval(sending);
await browser.close();
clients.kill();
server.closeAllConnections();
server.close();
await sse.close();
await inspect.close();

const judged = phases.map(({ name, frames, most, tasks, worked }) => {
	const sorted = frames.toSorted((one, other) => one - other);
	const at = (/** @type {number} */ part) => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
	const long = sorted.filter((ms) => ms > LONG_MS).length;
	const isMet = at(0.5) <= LIMITS.medianMs && long <= LIMITS.longShare * sorted.length;
	const fps = (1_000 * sorted.length) / sorted.reduce((sum, ms) => sum + ms, 0);
	return {
		name,
		isMet: isMet && most <= MAX_ROWS,
		long,
		fps,
		most,
		tasks,
		at,
		work: worked / sorted.length,
		count: sorted.length,
	};
});
console.log(
	`${rows} rows, ${seconds} s each; a long frame took more than ${LONG_MS.toFixed(0)} ms\n`,
);
console.log(
	markdownTable([
		[
			"",
			"frames/s",
			"median",
			"p99",
			"longest",
			"long frames",
			"tasks over 50 ms",
			"CPU a frame",
			"rows in the page",
			"60 fps",
		],
		...judged.map(({ name, fps, at, long, count, tasks, work, most, isMet }) => [
			name,
			fps.toFixed(1),
			...[0.5, 0.99, 1].map((part) => `${at(part).toFixed(1)} ms`),
			`${long} of ${count}`,
			`${tasks}`,
			`${work.toFixed(1)} ms`,
			`${most}`,
			isMet ? "yes" : "no",
		]),
	]),
);
if (values.judge && judged.some(({ isMet }) => !isMet)) process.exitCode = 1;
