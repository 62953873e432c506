// `pnpm bench:clients`: what one event costs a page in Chromium, and a process of Node, by the client that receives it.

import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createSSEService } from "sse-service";
import { findProgram } from "../../../../.ci/programs.mjs";
import { spreadOf } from "../spread.js";
import { markdownTable } from "../table.js";
import { NAMES as CHROMIUM_NAMES, inChromium, makePage } from "./chromium.js";
import { inNode, NAMES as NODE_NAMES } from "./node.js";

/**
 * @typedef {object} Running a client that runs
 * @property {() => Promise<Look>} look
 * @property {() => Promise<unknown>} end
 *
 * @typedef {object} Look what it has received, and the CPU time so far of all processes that it needs
 * @property {number} last the number of the last event
 * @property {number} count
 * @property {number} seconds
 *
 * @typedef {(name: string, url: string) => Promise<Running>} Place starts a client
 */

const { values } = parseArgs({
	options: {
		rounds: { type: "string", default: "5" },
		seconds: { type: "string", default: "10" },
		only: { type: "string" },
	},
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const EVENTS_A_SECOND = 1_000;
const TICK_MS = 10;
const EVENT_BYTES = 200;

const executablePath = findProgram("chromium") ?? "";
const page = executablePath === "" ? "" : await makePage();
const sse = createSSEService({ history: true });
const server = createServer((req, res) => {
	if (req.url === "/") res.setHeader("content-type", "text/html").end(page);
	else if (req.url === "/events") sse.connect({ req, res });
	else res.writeHead(404).end();
});
await new Promise((resolve) => {
	server.listen(0, "127.0.0.1", () => resolve(undefined));
});
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const url = `http://127.0.0.1:${port}`;

if (values.only !== "node") {
	if (executablePath === "") console.error("There is no Chromium on this machine");
	else await compare("all processes of Chromium", CHROMIUM_NAMES, inChromium(executablePath));
}
if (values.only !== "chromium") await compare(`Node ${process.version}`, NODE_NAMES, inNode);
await sse.close();
server.close();

/** @param {string} where @param {readonly string[]} names the one to compare with first @param {Place} place */
async function compare(where, names, place) {
	/** @type {Map<string, number[]>} */
	const micros = new Map(names.map((name) => [name, []]));
	for (let round = 0; round < rounds; round++) {
		for (let turn = 0; turn < names.length; turn++) {
			const name = names[(turn + round) % names.length] ?? "";
			micros.get(name)?.push(await measure(place, name));
		}
		console.error(`${where}: round ${round + 1} of ${rounds} done`);
	}
	const [first = ""] = names;
	const own = micros.get(first) ?? [];
	const rows = names.map((name) => {
		const all = micros.get(name) ?? [];
		const { min, median, max } = spreadOf(all);
		const ratio = spreadOf(all.map((value, round) => value / (own[round] ?? Number.NaN)));
		return [name, ...[min, median, max].map((value) => value.toFixed(1)), ratio.median.toFixed(2)];
	});
	console.log(
		`µs of CPU for one event of ${EVENT_BYTES} B in ${where}, at ${EVENTS_A_SECOND} a second for ${seconds} s, ${rounds} rounds:\n`,
	);
	console.log(`${markdownTable([["", "min", "median", "max", `× ${first}`], ...rows])}\n`);
}

/** @param {Place} place @param {string} name @returns microseconds for one event */
async function measure(place, name) {
	const running = await place(name, url);
	try {
		while (sse.stats().connections === 0) await setTimeout(10);
		// The part before the measurement lets the code be compiled.
		let index = await sendFor(2_000, 0);
		const before = await untilSeen(running, index - 1);
		const from = index;
		index = await sendFor(seconds * 1_000, index);
		const after = await untilSeen(running, index - 1);
		if (after.count !== index) {
			throw new Error(`${name} received ${after.count} of ${index} events`);
		}
		return ((after.seconds - before.seconds) * 1e6) / (index - from);
	} finally {
		await running.end();
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

/** @param {Running} running @param {number} last @returns what it saw then */
async function untilSeen(running, last) {
	for (;;) {
		const seen = await running.look();
		if (seen.last === last) return seen;
		await setTimeout(20);
	}
}
