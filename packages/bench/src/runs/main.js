// `pnpm bench:runs`: what runs cost, over Redis, beside resumable-stream and assistant-stream.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createClient } from "redis";
import { startEngine } from "../engines/engine-server.js";
import { chooseCores } from "../machine.js";
import { Child } from "../orders.js";
import { cpuMicros, usageBetween } from "../usage.js";
import { CONTENDERS } from "./contenders.js";
import { firstTokens } from "./first-token.js";
import { lateReaders } from "./late-reader.js";

const { values } = parseArgs({
	options: {
		runs: { type: "string", default: "1000" },
		seconds: { type: "string", default: "20" },
		rounds: { type: "string", default: "3" },
		/** Contenders, `first` for the first token alone, and `late` for the late readers and the memory. */
		only: { type: "string" },
		/** The young generation of each process, in MB. Default: Node's. */
		"semi-space": { type: "string" },
		/** A folder for a CPU profile of each process. */
		profile: { type: "string" },
		quick: { type: "boolean", default: false },
	},
});
/** What contenders send. The scripts of sse-service call XRANGE, too, which counts against it, and XADD, which is left out of it. */
const SENT = new Set(
	"evalsha eval xadd xread xrange publish subscribe unsubscribe get set incr exists expire".split(
		" ",
	),
);
const PER_SECOND = 50;
const WARM_UP_S = 2;
const runs = values.quick ? 20 : Number(values.runs);
const seconds = values.quick ? 1 : Number(values.seconds);
const rounds = values.quick ? 1 : Number(values.rounds);
const only = values.only?.split(",");
const names =
	only?.filter((name) => name !== "late" && name !== "first") ?? Object.keys(CONTENDERS);
const semiSpace = values["semi-space"];
const nodeOptions = [
	...(semiSpace === undefined
		? []
		: [`--max-semi-space-size=${semiSpace}`, `--min-semi-space-size=${semiSpace}`]),
	...(values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`]),
];
const PROCESS = new URL("./run-process.js", import.meta.url).href;
const cores = chooseCores();

/** @param {string} line */
const print = (line) => void process.stdout.write(`${line}\n`);

/** @param {string} name */
async function measure(name) {
	const engine = await startEngine("redis");
	const start = (/** @type {string} */ role, /** @type {number | undefined} */ core) =>
		new Child({
			...{ name: `${name}, ${role}`, url: PROCESS, args: [name, engine.url, role] },
			...{ core, nodeOptions },
		});
	const producer = start("producer", cores?.server);
	const follower = start("follower", cores?.client);
	const idle = start("idle", undefined);
	const client = createClient({ url: engine.url });
	await client.connect();
	// Those that a client sends. What a script calls is counted by Redis under its own name.
	const isSent = (/** @type {string} */ sent) =>
		SENT.has(sent) && !(sent === "xadd" && name === "sse-service");
	const commands = async () => {
		const stats = await client.info("commandstats");
		const counts = [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)];
		return counts.reduce(
			(sum, [, sent = "", calls]) => sum + (isSent(sent) ? Number(calls) : 0),
			0,
		);
	};
	try {
		const work = { first: 0, runs, tokens: PER_SECOND * seconds, everyMs: 1_000 / PER_SECOND };
		// Code that runs for the first time is slow, and what has piled up by then would be most of the last percent.
		const warmUp = { ...work, first: runs, tokens: Math.ceil(PER_SECOND * WARM_UP_S) };
		await producer.ask("produce", warmUp);
		await follower.ask("follow", warmUp);
		await follower.ask("read");
		const [before, used, idleBytes] = await Promise.all([
			commands(),
			Promise.all([producer, follower].map((child) => child.ask("usage"))),
			idle.ask("bytes"),
		]);
		const engineBefore = engine.usedMicros();
		await producer.ask("produce", work);
		await follower.ask("follow", work);
		await follower.ask("read");
		const after = await Promise.all([producer, follower].map((child) => child.ask("usage")));
		const engineMicros = engine.usedMicros() - engineBefore;
		const received = await follower.ask("received");
		const [made = 0, read = 0] = after.map((usage, i) => cpuMicros(usageBetween(used[i], usage)));
		return {
			producerMicros: made / received.tokens,
			followerMicros: read / received.tokens,
			engineMicros: engineMicros / received.tokens,
			commands: ((await commands()) - before) / received.tokens,
			p50Ms: received.p50Micros / 1_000,
			p99Ms: received.p99Micros / 1_000,
			firstMs: received.firstMicros / 1_000,
			idleBytes: (await idle.ask("bytes")) - idleBytes,
		};
	} finally {
		await client.close();
		await Promise.all([producer, follower, idle].map((child) => child.end()));
		await engine.stop();
	}
}

print(
	`${runs} runs of ${PER_SECOND} tokens a second for ${seconds} s, one follower each in another process`,
);
/** @type {Map<string, Record<string, number>[]>} */
const measured = new Map();
for (let round = 0; round < rounds; round++) {
	for (const name of names) {
		try {
			const figures = await measure(name);
			measured.set(name, [...(measured.get(name) ?? []), figures]);
			const said = Object.entries(figures).map(([key, value]) => `${key} ${value.toFixed(2)}`);
			print(`round ${round + 1}, ${name}: ${said.join(", ")}`);
		} catch (error) {
			print(`round ${round + 1}, ${name} has no figures: ${error}`);
		}
	}
}

/** @param {number[]} all */
const median = (all) =>
	[...all].sort((one, other) => one - other)[Math.floor(all.length / 2)] ?? Number.NaN;
const cpuOf = (/** @type {Record<string, number>} */ each) =>
	(each.producerMicros ?? 0) + (each.followerMicros ?? 0);
const own = measured.get("sse-service") ?? [];
for (const [name, all] of measured) {
	if (name === "sse-service") continue;
	const ratios = all.flatMap((each, i) => (own[i] ? [cpuOf(own[i]) / cpuOf(each)] : []));
	print(`CPU of both processes, sse-service to ${name}: ${median(ratios).toFixed(2)} × (bar: 0.5)`);
}
if (own.length > 0) {
	print(
		`engine commands per token: ${median(own.map(({ commands = 0 }) => commands)).toFixed(3)} (bar: 0.1)`,
	);
	print(
		`p99 from produce to receipt: ${median(own.map(({ p99Ms = 0 }) => p99Ms)).toFixed(1)} ms (bar: 100)`,
	);
	print(
		`bytes from Redis where nobody follows: ${median(own.map(({ idleBytes = 0 }) => idleBytes))} (bar: no tokens)`,
	);
}

if (only === undefined || only.includes("first")) {
	const engine = await startEngine("redis");
	const bars = new Map([
		["memory", 5],
		["Redis", 10],
	]);
	for (const { store, p50Ms, p99Ms } of await firstTokens(engine.url, values.quick ? 20 : 200)) {
		const first = `${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms (bar: ${bars.get(store)})`;
		print(`${store}: the first token of a run alone reaches its reader after ${first}`);
	}
	await engine.stop();
}

if (only === undefined || only.includes("late")) {
	const engine = await startEngine("redis");
	const tokens = values.quick ? 2_000 : 20_000;
	for (const { store, fold, bytes, stateBytes, ms } of await lateReaders(engine.url, tokens)) {
		const size = `${bytes} bytes, ${(bytes / stateBytes).toFixed(2)} × the state`;
		const late = `a reader after ${tokens} tokens has all after ${ms.toFixed(0)} ms: ${size}`;
		print(`${store}, ${fold ? "fold" : "no fold"}: ${late}`);
	}
	await engine.stop();
	const memory = fileURLToPath(new URL("../../../core/test/run-memory.mjs", import.meta.url));
	print(execFileSync(process.execPath, ["--expose-gc", memory], { encoding: "utf8" }).trim());
}
