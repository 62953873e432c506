/**
 * The builds of all developers, as they run. Each change goes to its owner and to ops.
 */
import { Injectable, type OnModuleDestroy } from "@nestjs/common";
import { SseService } from "@sse-service/nest";
import type { Observable } from "rxjs";
import { type Build, type Commit, commits } from "./build.js";
import { type Events, OPS } from "./events.js";
import { Run } from "./run.js";
import type { User } from "./users.js";

/** How often a running build prints a line. */
const PACE_MS = Number(process.env.PACE_MS ?? "350");
/** How often somebody pushes a commit; 0: nobody does. */
const PUSH_MS = Number(process.env.PUSH_MS ?? "9000");
const MAX_RUNNING = 3;
/** The oldest is forgotten then. */
const MAX_BUILDS = 40;
const FIRST_ID = 412;
const RUNNING_AT_START = 2;
/** Between builds of the past, and between the lines of them. */
const AGE_MS = 17 * 60_000;
const LINE_MS = 2_300;

@Injectable()
export class BuildsService implements OnModuleDestroy {
	/** By id, the oldest first. */
	private readonly runs = new Map<number, Run>();
	private readonly timers: NodeJS.Timeout[] = [];
	private nextId = FIRST_ID;
	private pushes = 0;

	constructor(private readonly sse: SseService<Events>) {
		for (const [index, commit] of commits.slice(0, -RUNNING_AT_START).entries()) {
			let at = Date.now() - (commits.length - index) * AGE_MS;
			const run = this.start(commit, at);
			for (; run.build.state === "running"; at += LINE_MS) run.advance(at);
		}
		for (const commit of commits.slice(-RUNNING_AT_START)) this.start(commit);
		this.timers.push(setInterval(() => this.advance(), PACE_MS));
		if (PUSH_MS > 0) this.timers.push(setInterval(() => this.push(), PUSH_MS));
	}

	onModuleDestroy(): void {
		for (const timer of this.timers) clearInterval(timer);
	}

	/** The newest first. */
	listFor(user: User): Build[] {
		const builds = Array.from(this.runs.values(), ({ build }) => build).reverse();
		return builds.filter(({ owner }) => mayMeet(user, owner));
	}

	logFor(user: User, id: number): Observable<object> | undefined {
		return this.find(user, id)?.log;
	}

	runAgainFor(user: User, id: number): Build | "unknown" | "busy" {
		const run = this.find(user, id);
		if (run === undefined) return "unknown";
		const { owner } = run.commit;
		const running = [...this.runs.values()].filter(
			({ build }) => build.owner === owner && build.state === "running",
		);
		return running.length < MAX_RUNNING ? this.start(run.commit).build : "busy";
	}

	private find(user: User, id: number): Run | undefined {
		const run = this.runs.get(id);
		return run !== undefined && mayMeet(user, run.commit.owner) ? run : undefined;
	}

	private start(commit: Commit, at = Date.now()): Run {
		const run = new Run(this.nextId++, commit, at);
		this.runs.set(run.build.id, run);
		for (const oldest of this.runs.keys()) {
			if (this.runs.size <= MAX_BUILDS) break;
			this.runs.delete(oldest);
		}
		this.announce(run.build);
		return run;
	}

	private advance(): void {
		for (const run of this.runs.values()) if (run.advance(Date.now())) this.announce(run.build);
	}

	private push(): void {
		const commit = commits[this.pushes++ % commits.length];
		if (commit !== undefined) this.start(commit);
	}

	private announce(build: Build): void {
		this.sse.send({ client: build.owner }, build, { event: "build" });
		this.sse.send({ group: OPS }, build, { event: "build" });
	}
}

function mayMeet({ name, role }: User, owner: string): boolean {
	return role === "ops" || name === owner;
}
