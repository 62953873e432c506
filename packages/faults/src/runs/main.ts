/**
 * `pnpm test:faults:runs`: breaks runs for the given time, or until it finds something. Exit code 0 means that it found nothing.
 */
import { parseArgs } from "node:util";
import { RUN_ENGINES } from "./connect-store.js";
import { runRuns } from "./run-runs.js";

// Whatever hangs: it ends.
const GRACE_MS = 300_000;

const { values } = parseArgs({
	options: {
		engine: { type: "string", multiple: true, default: [...RUN_ENGINES] },
		seed: { type: "string", default: `${Date.now() % 1_000_000}` },
		minutes: { type: "string", default: "15" },
		only: { type: "string" },
		runs: { type: "string", default: "30" },
		readers: { type: "string", default: "3" },
		"lease-ms": { type: "string", default: "3000" },
	},
});

for (const name of values.engine) {
	const engine = RUN_ENGINES.find((each) => each === name);
	if (engine === undefined)
		throw new Error(`There is no engine ${name}: ${RUN_ENGINES.join(", ")}`);
	print(`${engine}, --seed ${values.seed}, ${values.minutes} minutes`);
	const forMs = Number(values.minutes) * 60_000;
	const alarm = setTimeout(() => process.exit(2), forMs + GRACE_MS);
	const outcome = await runRuns({
		engine,
		seed: Number(values.seed),
		forMs,
		only: values.only?.split(","),
		runs: Number(values.runs),
		readers: Number(values.readers),
		tokens: 150,
		leaseMs: Number(values["lease-ms"]),
		print,
	});
	clearTimeout(alarm);
	const { rounds, violations, longestMs } = outcome;
	print(
		`${rounds} rounds, ${violations.length} violations, the last end ${longestMs} ms after a fault`,
	);
	print(`what broke: ${countsOf(outcome.faults)}; received: ${countsOf(outcome.received)}`);
	if (violations.length === 0) continue;
	print(outcome.report);
	process.exitCode = 1;
}

function print(line: string): void {
	process.stdout.write(`${line}\n`);
}

function countsOf(counts: Readonly<Record<string, number>>): string {
	return Object.entries(counts)
		.map(([name, count]) => `${name} ${count}`)
		.join(", ");
}
