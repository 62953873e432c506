// `pnpm bench:engines`: the command.

import { writeFileSync } from "node:fs";
import { constants } from "node:os";
import { parseArgs } from "node:util";
import { before, fieldBefore } from "../before.js";
import { describeMachine, versionOf } from "../machine.js";
import { spreadOf } from "../spread.js";
import { markdownTable } from "../table.js";
import { programOf } from "./engine-server.js";
import { isOurs, MEMBERS, OURS_ON_REDIS } from "./members/index.js";
import { storm } from "./storm.js";
import { measure } from "./works.js";

// By default a signal would end this process without its 'exit' event, at which the children are killed.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
	process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

const PAGE = new URL("../../ENGINES.md", import.meta.url);

const { values } = parseArgs({
	options: {
		rounds: { type: "string", default: "5" },
		quick: { type: "boolean", default: false },
		save: { type: "boolean", default: false },
		// A checkout that is built: its members are measured in the same rounds.
		before: { type: "string" },
	},
});
if (values.before !== undefined && values.save) {
	throw new TypeError("--save keeps figures of one build: it does not go with --before");
}
const rounds = values.quick ? 1 : Number(values.rounds);
const sizes = values.quick
	? { warmUps: 20, events: 200, perSecond: 100, seconds: 1, clients: 20 }
	: { warmUps: 2_000, events: 50_000, perSecond: 2_000, seconds: 5, clients: 5_000 };

/** @type {readonly { key: string, title: string, digits: number, scale?: number }[]} */
const FIGURES = [
	{ key: "storedPerSecond", title: "stored, 1/s", digits: 0 },
	{ key: "receivedPerSecond", title: "received, 1/s", digits: 0 },
	{ key: "senderMicros", title: "sender, µs CPU", digits: 1 },
	{ key: "otherMicros", title: "other process, µs CPU", digits: 1 },
	{ key: "engineMicros", title: "engine, µs CPU", digits: 1 },
	{ key: "p50Micros", title: "latency p50, ms", digits: 2, scale: 1e-3 },
	{ key: "p99Micros", title: "p99, ms", digits: 2, scale: 1e-3 },
	{ key: "p999Micros", title: "p99.9, ms", digits: 2, scale: 1e-3 },
];

const here = MEMBERS.filter(({ engine }) => programOf(engine) !== undefined);
const field =
	values.before === undefined
		? here
		: [...here, ...fieldBefore(here, values.before, "packages/bench/src/engines/members")];
/** @type {Map<string, Record<string, number>[]>} */
const measured = new Map(field.map(({ name }) => [name, []]));
for (let round = 0; round < rounds; round++) {
	for (let place = 0; place < field.length; place++) {
		const entry = field[(place + round) % field.length];
		if (entry === undefined) continue;
		try {
			measured.get(entry.name)?.push(await measure(entry, sizes));
		} catch (error) {
			if (isOurs(entry)) throw error;
			console.error(`${entry.name} has no figures in round ${round + 1}: ${error}`);
		}
	}
	console.error(`round ${round + 1} of ${rounds} done`);
}

const rows = field.map(({ name, answers }) => [
	name,
	...FIGURES.map(({ key, digits, scale = 1 }) => {
		const found = measured.get(name)?.flatMap((figures) => figures[key] ?? []) ?? [];
		if (found.length === 0 || (key === "storedPerSecond" && !answers)) return "";
		return (spreadOf(found).median * scale).toLocaleString("en", {
			minimumFractionDigits: digits,
			maximumFractionDigits: digits,
		});
	}),
]);
const table = markdownTable([["", ...FIGURES.map(({ title }) => title)], ...rows]);

/** Each figure of ours to that before, round by round: the median, and the smallest and largest. */
const beside = here.flatMap(({ name }) => {
	const [now, then] = [measured.get(name), measured.get(before(name))];
	if (now === undefined || then === undefined) return [];
	const ratios = FIGURES.map(({ key }) => {
		const { min, median, max } = spreadOf(
			now.map(
				(figures, round) => (figures[key] ?? Number.NaN) / (then[round]?.[key] ?? Number.NaN),
			),
		);
		return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
	});
	return [[`${name}, × before`, ...ratios]];
});

const ours = field.find(({ name }) => name === OURS_ON_REDIS);
const { commands, milliseconds } = ours
	? await storm(ours, sizes.clients)
	: { commands: Number.NaN, milliseconds: Number.NaN };

const { cpu, cores, node } = describeMachine();
const packages = [
	"redis",
	"@nats-io/transport-node",
	"socket.io",
	"@socket.io/redis-streams-adapter",
].map((name) => `${name} ${versionOf(name)}`);
const page = `# Over an engine

What \`pnpm bench:engines --save\` wrote. Two processes share an engine; 100 B events are sent in one, ${sizes.events.toLocaleString("en")} as fast as the engine takes them, a thousand on their way at a time, then ${sizes.perSecond.toLocaleString("en")} a second for ${sizes.seconds} s. A client of the other process must receive each event, in order; the latency is from \`publish\` to that client. Medians of ${rounds} rounds, interleaved, each with a fresh engine and fresh processes.

${table}

A storm: ${sizes.clients.toLocaleString("en")} clients reconnect at once to a process that has in memory the ten events that they missed. In the ${Math.round(milliseconds)} ms until the last client has them, Redis was sent ${commands} commands, including the process's own health checks.

Made ${new Date().toISOString().slice(0, 10)} on ${cpu}, ${cores} cores shared by all of these processes, with Node ${node}, ${packages.join(", ")}. Only NATS keeps data on disk: its streams are files. socket.io does not say when an event is stored; with the length that its adapter gives the stream by default, 10,000, its client silently missed events here, so it has 1,000,000.
`;
console.log(page);
if (beside.length > 0) {
	console.log(
		markdownTable([["", ...FIGURES.map(({ title }) => title.split(",")[0] ?? "")], ...beside]),
	);
}
if (values.save) writeFileSync(PAGE, page);
