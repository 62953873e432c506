/**
 * CPU time per delivery of `sse-service/fetch` beside a loop by hand, on a runtime that a long run has installed:
 * `node src/cost.mjs <folder of node_modules/.cache/runtimes> bun|deno`. Rounds alternate, in one process of the runtime.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";

const CONNECTIONS = 500;
const TURNS = 100;
const ROUNDS = 9;
const BYTES_OF_ONE = Buffer.byteLength(`data: ${"x".repeat(100)}\n\n`);

const [folder = "", runtime = "bun"] = process.argv.slice(2);
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const flags = runtime === "deno" ? ["run", "--allow-all", "--node-modules-dir=manual"] : [];
const server = spawn(
	join(folder, "node_modules/.bin", runtime),
	[...flags, join(folder, "cost.mjs"), `${port}`],
	{ stdio: "inherit" },
);
process.on("exit", () => server.kill("SIGKILL"));

const ways = { ours: 0, hand: 0 };
let onBytes = () => {};
await untilItServes();
for (const name of Object.keys(ways)) await openAll(name);

const ratios = [];
const costs = { ours: [], hand: [] };
for (let round = 0; round < ROUNDS; round++) {
	// The first is a warm-up. Each way is first in every second round.
	const order = round % 2 ? ["ours", "hand"] : ["hand", "ours"];
	for (const name of order) costs[name].push(await measure(name));
	if (round > 0) ratios.push(costs.ours.at(-1) / costs.hand.at(-1));
	else for (const each of Object.values(costs)) each.length = 0;
}
for (const [name, each] of Object.entries(costs)) {
	print(`${name}: ${median(each).toFixed(2)} µs of CPU per delivery`);
}
print(`ratio: ${median(ratios).toFixed(3)} × a loop by hand`);
process.exit(0);

function print(text) {
	process.stdout.write(`${runtime}, ${text}\n`);
}

async function measure(name) {
	const before = await ask(`/${name}/usage`);
	for (let turn = 0; turn < TURNS; turn++) {
		const end = ways[name] + CONNECTIONS * BYTES_OF_ONE;
		const arrived = new Promise((resolve) => {
			onBytes = () => ways[name] >= end && resolve(undefined);
		});
		await ask(`/${name}/send`);
		onBytes();
		await arrived;
	}
	return ((await ask(`/${name}/usage`)) - before) / (CONNECTIONS * TURNS);
}

/** Counts the bytes of the streams' bodies alone: what is between chunks is HTTP's. */
async function openAll(name) {
	for (let opened = 0; opened < CONNECTIONS; opened++) {
		const socket = connect(port, "127.0.0.1");
		socket.write(`GET /${name}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
		await once(socket, "data");
		socket.on("data", (bytes) => {
			ways[name] += bodyBytesOf(bytes);
			onBytes();
		});
	}
}

/** Each event has a hundred times this letter and seven other bytes, and so has no other part of what is sent. */
function bodyBytesOf(bytes) {
	let letters = 0;
	for (const byte of bytes) if (byte === 0x78) letters++;
	return (letters * BYTES_OF_ONE) / 100;
}

async function untilItServes() {
	for (;;) {
		const isServing = await ask("/ours/usage").catch(() => undefined);
		if (isServing !== undefined) return;
	}
}

async function ask(path) {
	return (await fetch(url + path)).json();
}

async function freePort() {
	const probe = createServer().listen(0, "127.0.0.1");
	await once(probe, "listening");
	const { port } = probe.address();
	probe.close();
	await once(probe, "close");
	return port;
}

function median(values) {
	return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
