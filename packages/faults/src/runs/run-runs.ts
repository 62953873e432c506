/**
 * A run of the checker of runs: processes over one engine, and one round after another with a fault in each.
 */
import { createRandom } from "@sse-service/testing";
import { now } from "../clock.js";
import { chooseFaults } from "../faults/choose.js";
import type { RunEngineName } from "./connect-store.js";
import type { RunItem, RunViolation } from "./reading.js";
import { startRunEngine } from "./run-engine.js";
import { RUN_FAULTS, type RunFault } from "./run-faults.js";
import type { RunFlaw } from "./run-flaws.js";
import { RunMember } from "./run-member.js";
import { RunRound } from "./run-round.js";

const MEMBERS = 3;
/** How many of a hundred rounds have two faults at the same time. */
const TWO_PERCENT = 30;

export interface RunsOptions {
	readonly engine: RunEngineName;
	readonly seed: number;
	/** At least one round; no other starts after this time. */
	readonly forMs: number;
	readonly only?: readonly string[] | undefined;
	readonly runs: number;
	readonly readers: number;
	/** The longest run, in tokens. */
	readonly tokens: number;
	readonly leaseMs: number;
	/** A flaw of the store of each process, for a test of the checker. */
	readonly flaw?: RunFlaw | undefined;
	print(line: string): void;
}

export interface RunsOutcome {
	readonly violations: readonly RunViolation[];
	readonly rounds: number;
	/** How often each fault occurred. */
	readonly faults: Readonly<Record<string, number>>;
	/** How many events, and ends of each kind, readers received. */
	readonly received: Readonly<Record<string, number>>;
	/** The longest time from the end of a fault until every reader had its end. */
	readonly longestMs: number;
	/** The last rounds and what the processes printed. */
	readonly report: string;
}

export async function runRuns(options: RunsOptions): Promise<RunsOutcome> {
	const { engine: name, leaseMs, flaw } = options;
	const engine = await startRunEngine(name);
	const members: RunMember[] = [];
	try {
		for (let index = 0; index < MEMBERS; index++) {
			members.push(await RunMember.start(index, engine.port, { engine: name, leaseMs, flaw }));
		}
		const random = createRandom(options.seed);
		const possible = RUN_FAULTS.filter(({ isPossible }) => isPossible?.(engine) ?? true);
		const faults = chooseFaults(possible, options.only);
		const counts: Record<string, number> = {};
		const received: Record<string, number> = {};
		const lines: string[] = [];
		const end = now() + options.forMs;
		let longestMs = 0;
		let rounds = 0;
		let bag: RunFault[] = [];
		const next = (): RunFault => {
			if (bag.length === 0) bag = [...faults];
			return bag.splice(random.between(0, bag.length - 1), 1)[0] as RunFault;
		};
		for (;;) {
			const first = next();
			const isTwo = first.name !== "calm" && random.between(1, 100) <= TWO_PERCENT;
			const both = isTwo ? [first, next()] : [first];
			// An engine has one fault at a time.
			const broken = both.filter(({ isLossy }) => isLossy === true).length > 1 ? [first] : both;
			const round = new RunRound({ ...options, name: `r${rounds}`, members, engine, random });
			const { violations, readings, lastMs, starvedMs } = await round.toItsEnd(broken);
			rounds++;
			longestMs = Math.max(longestMs, lastMs);
			for (const fault of broken) counts[fault.name] = (counts[fault.name] ?? 0) + 1;
			for (const item of readings.flatMap(({ items }) => items)) count(received, item);
			const names = broken.map((fault) => fault.name).join(" and ");
			const verdict = violations.length === 0 ? "no violation" : "VIOLATED";
			lines.push(
				`${names}: ${verdict}, ${lastMs} ms, and the machine starved it for ${starvedMs} ms`,
			);
			options.print(lines.at(-1) ?? "");
			if (violations.length === 0 && now() < end) continue;
			const outputs = members.map(({ output }, index) => `process ${index}: ${output.slice(-500)}`);
			const report = [...violations.slice(0, 10).map(textOf), ...lines.slice(-5), ...outputs].join(
				"\n",
			);
			return { violations, rounds, faults: counts, received, longestMs, report };
		}
	} finally {
		await Promise.all(members.map((member) => member.stop()));
		await engine.stop();
	}
}

function textOf({ rule, id, reader, what }: RunViolation): string {
	return `${rule}: ${id}, reader ${reader}: ${what}`;
}

function count(received: Record<string, number>, item: RunItem): void {
	const name = item.kind === "entry" ? (item.end ?? "events") : item.kind;
	received[name] = (received[name] ?? 0) + 1;
}
