/**
 * The options of a run, and its outcome. Types only: nothing here runs.
 */
import type { Violation } from "./checker/violation.js";
import type { EngineName } from "./fleet/connect-engine.js";
import type { Flaw } from "./fleet/flaws.js";
import type { Evidence } from "./truth/truth.js";

export interface RunOptions {
	readonly engine: EngineName;
	readonly seed: number;
	/** No round starts after this time. */
	readonly forMs: number;
	/** Names of faults: only these. */
	readonly only?: readonly string[] | undefined;
	/** How many the engine keeps. */
	readonly maxEvents: number;
	readonly clients: number;
	/** How many of ten clients stop reading for seconds now and then. Default 1 */
	readonly slowOfTen?: number | undefined;
	/** Whether each process has to list who is connected at once, and not in time. For a test of the checker. */
	readonly isPresenceAskedOnce?: boolean;
	readonly eventsPerSecond: number;
	/** The program of the last process, beside other versions of the packages. */
	readonly otherProgram?: string | undefined;
	/** Of the log in the processes, for a test of the checker. */
	readonly flaw?: Flaw | undefined;
	/** Called with each line of the timeline. */
	print(line: string): void;
}

export interface Outcome {
	readonly violations: readonly Violation[];
	readonly timeline: readonly string[];
	/** The errors that each process reported. */
	readonly outputs: readonly string[];
	readonly faults: Readonly<Record<string, number>>;
	readonly sent: number;
	readonly received: number;
	readonly evidence: Evidence;
	/** How many gaps clients received, by reason. */
	readonly gaps: Readonly<Record<string, number>>;
}
