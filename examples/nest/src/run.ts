/**
 * A run of a build: one line of its log after the other, with the state of the build at each.
 */
import { type Observable, ReplaySubject } from "rxjs";
import { type Build, type Commit, failure, type Step, script } from "./build.js";
import type { LogEvents } from "./events.js";

type LogItem = LogEvents["line"] | LogEvents["end"];

export class Run {
	readonly commit: Commit;
	#build: Build;
	readonly #lines: LogEvents["line"][];
	/** As long as a script, so that a late reader has all of it. */
	readonly #log = new ReplaySubject<LogItem>();

	constructor(id: number, commit: Commit, startedAt: number) {
		const { owner, project, message } = commit;
		this.commit = commit;
		this.#lines = linesOf(commit);
		this.#build = {
			...{ id, owner, project, message },
			state: "running",
			steps: Array.from(script.keys(), (name) => ({ name, state: "waiting" })),
			startedAt,
			tookMs: undefined,
		};
	}

	get build(): Build {
		return this.#build;
	}

	/** From the first line on; it completes with the build. */
	get log(): Observable<LogItem> {
		return this.#log;
	}

	/** Print a line, or come to the end, at that time. @returns whether the build has changed by it */
	advance(at: number): boolean {
		const line = this.#lines.shift();
		if (line === undefined) return this.#end(at);
		this.#log.next(line);
		const current = this.#build.steps.find(({ state }) => state === "running");
		if (current?.name === line.step) return false;
		this.#update("running", at, ({ name, state }) => {
			if (name === line.step) return "running";
			return state === "running" ? "passed" : state;
		});
		return true;
	}

	#end(at: number): boolean {
		if (this.#build.state !== "running") return false;
		const state = this.commit.fails ? "failed" : "passed";
		this.#update(state, at, (step) => (step.state === "running" ? state : step.state));
		this.#log.next({ passed: state === "passed" });
		this.#log.complete();
		return true;
	}

	#update(state: Build["state"], at: number, stateOf: (step: Step) => Step["state"]): void {
		const steps = this.#build.steps.map((step) => ({ ...step, state: stateOf(step) }));
		const tookMs = state === "running" ? undefined : at - this.#build.startedAt;
		this.#build = { ...this.#build, state, steps, tookMs };
	}
}

function linesOf({ fails }: Commit): LogEvents["line"][] {
	const lines: LogEvents["line"][] = [];
	for (const [step, texts] of script) {
		const failsHere = fails && step === failure.step;
		for (const text of failsHere ? failure.lines : texts) lines.push({ step, text });
		if (failsHere) break;
	}
	return lines;
}
