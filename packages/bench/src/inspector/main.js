// `pnpm bench:inspector`: whether the inspector's page keeps up. Chromium shows 10,000 connections, of which some come and go
// each second, while the list is scrolled; beside it, a page of fixed rows shows what the browser can do here.

import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
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

/**
 * What must hold: 60 frames a second, or as many as a page with nothing but fixed rows reaches beside the same load, less a tenth;
 * and that the page has its part of a frame ready in time, on any machine like this.
 */
const LIMITS = { fps: 59, ofBare: 0.9, workMs: 1_000 / 60 };
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

const bare = readFileSync(new URL("bare.html", import.meta.url));
const sse = createSSEService({ heartbeatIntervalMs: 0 });
const inspect = inspector(sse, { loopbackOnly: true });
const server = createServer((req, res) => {
	if (inspect(req, res)) return;
	if (req.url === "/bare") {
		res.setHeader("Content-Type", "text/html").end(bare);
		return;
	}
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
const sending = setInterval(
	() => sse.send({ group: "all" }, "x".repeat(100)),
	1_000 / SENDS_A_SECOND,
);

/** @param {string} path */
async function open(path) {
	const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
	await page.goto(`http://127.0.0.1:${port}${path}`);
	while ((await page.evaluate(countOf)) < rows * 0.9) await setTimeout(100);
	const session = await page.context().newCDPSession(page);
	// CPU time of the page's main thread, which a busy machine does not lengthen.
	await session.send("Performance.enable", { timeDomain: "threadTicks" });
	const workedMs = async () => {
		const { metrics } = await session.send("Performance.getMetrics");
		return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
	};
	return { page, workedMs };
}

/** @typedef {{ frames: number[], most: number, tasks: number, worked: number }} Seen */

/** @returns {Seen} */
const nothingSeen = () => ({ frames: [], most: 0, tasks: 0, worked: 0 });

/** @param {Awaited<ReturnType<typeof open>>} where @param {Seen} seen @param {Parameters<typeof watchFrames>[0]} how */
async function look({ page, workedMs }, seen, how) {
	await page.bringToFront();
	const before = await workedMs();
	const { frames, most, tasks } = await page.evaluate(watchFrames, how);
	seen.worked += (await workedMs()) - before;
	seen.frames.push(...frames);
	seen.most = Math.max(seen.most, most);
	seen.tasks += tasks;
}

const bareList = await open("/bare");
const inspected = await open("/inspector/");
const phases = [];
for (const [name, scroll] of /** @type {const} */ ([
	["at rest, updating", "none"],
	["scrolled a screen a second, updating", "screens"],
	["scrolled from end to end, updating", "ends"],
])) {
	const [bareSeen, seen] = [nothingSeen(), nothingSeen()];
	// In turns, so that what else the machine does meets both.
	for (let from = 0; from < seconds; from++) {
		await look(bareList, bareSeen, { from: from * 1_000, ms: 1_000, scroll });
		await look(inspected, seen, { from: from * 1_000, ms: 1_000, scroll });
	}
	phases.push({ name, bareFps: fpsOf(bareSeen.frames), ...seen });
}
clearInterval(sending);
await browser.close();
clients.kill();
server.closeAllConnections();
server.close();
await sse.close();
await inspect.close();

/** @param {readonly number[]} frames */
function fpsOf(frames) {
	return (1_000 * frames.length) / frames.reduce((sum, ms) => sum + ms, 0);
}

const judged = phases.map(({ name, frames, most, tasks, worked, bareFps }) => {
	const sorted = frames.toSorted((one, other) => one - other);
	const at = (/** @type {number} */ part) => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
	const fps = fpsOf(frames);
	const work = worked / sorted.length;
	const isSmooth = fps >= LIMITS.fps || fps >= LIMITS.ofBare * bareFps;
	const isMet = isSmooth && work < LIMITS.workMs && most <= MAX_ROWS;
	return { name, isMet, fps, bareFps, most, tasks, at, work };
});
console.log(`${rows} rows, ${seconds} s each\n`);
console.log(
	markdownTable([
		[
			"",
			"frames/s",
			"of a bare list",
			"median",
			"p99",
			"tasks over 50 ms",
			"CPU a frame",
			"rows in the page",
			"met",
		],
		...judged.map(({ name, fps, bareFps, at, tasks, work, most, isMet }) => [
			name,
			...[fps, bareFps].map((each) => each.toFixed(1)),
			...[0.5, 0.99].map((part) => `${at(part).toFixed(1)} ms`),
			`${tasks}`,
			`${work.toFixed(1)} ms`,
			`${most}`,
			isMet ? "yes" : "no",
		]),
	]),
);
if (values.judge && judged.some(({ isMet }) => !isMet)) process.exitCode = 1;
