/**
 * `pnpm test:faults`: runs for the given time, or until it finds something. Exit code 0 means that it found nothing.
 */
import { parseArgs } from "node:util";
import { ENGINES } from "./fleet/connect-engine.js";
import { reportOf, sumOf } from "./report.js";
import { run } from "./run.js";
import { hasStore } from "./stores/start-store.js";

// Not the cluster: nats-server 2.9 itself may lose what a cluster has acknowledged.
const USUAL = ENGINES.filter((engine) => engine !== "nats-cluster");

// Whatever hangs: a run ends.
const GRACE_MS = 300_000;

const { values } = parseArgs({
	options: {
		engine: { type: "string", multiple: true, default: [...USUAL] },
		seed: { type: "string", default: `${Date.now() % 1_000_000}` },
		minutes: { type: "string", default: "15" },
		only: { type: "string" },
		clients: { type: "string", default: "200" },
		rate: { type: "string", default: "60" },
		slow: { type: "string", default: "1" },
		old: { type: "string" },
		"max-events": { type: "string", default: "100000" },
	},
});

function print(line: string): void {
	process.stdout.write(`${line}\n`);
}

for (const name of values.engine) {
	const engine = ENGINES.find((each) => each === name);
	if (engine === undefined) throw new Error(`There is no engine ${name}: ${ENGINES.join(", ")}`);
	if (!hasStore(engine)) {
		print(`${engine}: there is no server for it on this machine`);
		process.exitCode = 1;
		continue;
	}
	print(`${engine}, --seed ${values.seed}, ${values.minutes} minutes`);
	const forMs = Number(values.minutes) * 60_000;
	const alarm = setTimeout(() => process.exit(2), forMs + GRACE_MS);
	const outcome = await run({
		engine,
		seed: Number(values.seed),
		forMs,
		only: values.only?.split(","),
		maxEvents: Number(values["max-events"]),
		clients: Number(values.clients),
		slowOfTen: Number(values.slow),
		otherProgram: values.old,
		eventsPerSecond: Number(values.rate),
		print,
	});
	clearTimeout(alarm);
	print(sumOf(outcome));
	if (outcome.violations.length === 0) continue;
	print(reportOf(outcome));
	const again = Object.entries({ ...values, engine }).map(([name, value]) => `--${name} ${value}`);
	print(`Again: pnpm test:faults ${again.join(" ")}`);
	process.exitCode = 1;
}
