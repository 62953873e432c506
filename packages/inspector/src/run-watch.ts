/**
 * The runs as the page shows them: their status, who follows them, and what went wrong.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { SSEConnection } from "sse-service";
import type { RunStatus, Runs } from "sse-service/runs";
import { MAX_FOLLOWED } from "./peer-texts.js";
import { wordsOf } from "./timeline.js";

/** A run as the page shows it. Its names are untrusted. */
export interface RunRow {
	readonly id: string;
	readonly attempt: string;
	readonly state: RunStatus["state"];
	readonly isReleased: boolean;
	readonly reason: string | undefined;
	/** The newest error of a run with this id that this process knows of. */
	readonly error: string | undefined;
	/** In ms since the epoch. */
	readonly startedAt: number;
	readonly endedAt: number | undefined;
	readonly events: number;
	/** Characters of data, that of the end included. */
	readonly length: number;
	/** Open streams that read it, in all processes. */
	readonly followers: number;
}

/** What is inspected of runs. */
export type InspectedRuns = Pick<Runs, "list" | "cancel">;

interface Message {
	readonly runs: unknown;
	readonly id: string | undefined;
	readonly attempt: string | undefined;
	readonly connection: SSEConnection;
	readonly error: unknown;
}

/** The newest runs that a page shows. */
const MAX_RUNS = 200;
/** Errors that are remembered, the newest of each run. */
const MAX_ERRORS = 500;
/** However many pages ask, the store is asked once in this time. */
const LIST_MS = 1_000;

export class RunWatch {
	readonly #runs: InspectedRuns;
	/** Open followers of this process, by attempt. */
	readonly followers = new Map<string, number>();
	readonly #errors = new Map<string, string>();
	/** What the store said last, or will say. */
	#listed: { readonly at: number; readonly runs: Promise<readonly RunStatus[]> } | undefined;
	readonly #stops: (() => void)[] = [];

	/** @param onError called with each error of a run */
	constructor(runs: InspectedRuns, onError: (text: string) => void) {
		this.#runs = runs;
		this.#on("run:follow", ({ attempt, connection }) => {
			if (attempt === undefined || connection.closed) return;
			this.#count(attempt, 1);
			connection.signal.addEventListener("abort", () => this.#count(attempt, -1), { once: true });
		});
		this.#on("run:error", ({ id = "", error }) => {
			const words = wordsOf(error);
			this.#errors.delete(id);
			this.#errors.set(id, words);
			const [oldest = ""] = this.#errors.keys();
			if (this.#errors.size > MAX_ERRORS) this.#errors.delete(oldest);
			onError(id === "" ? words : `run ${id}: ${words}`);
		});
	}

	/** The newest first. @param others followers of an attempt in other processes */
	async list(others: (attempt: string) => number): Promise<RunRow[]> {
		const now = performance.now();
		if (this.#listed === undefined || now - this.#listed.at > LIST_MS) {
			this.#listed = { at: now, runs: this.#runs.list(MAX_RUNS) };
		}
		const found = await this.#listed.runs;
		return found.map(({ id, attempt, state, isReleased, reason, startedAt, endedAt, ...rest }) => ({
			...{ id, attempt, state, isReleased, startedAt, endedAt },
			reason: reason === undefined ? undefined : wordsOf(reason),
			error: this.#errors.get(id),
			// The end is an entry as well.
			events: Math.max(0, rest.sequence - Number(state !== "running")),
			length: rest.length,
			followers: (this.followers.get(attempt) ?? 0) + others(attempt),
		}));
	}

	/** Stops a run, whichever process produces it. @returns whether it was running */
	async cancel(id: string): Promise<boolean> {
		const wasRunning = await this.#runs.cancel(id, "inspector");
		this.#listed = undefined;
		return wasRunning;
	}

	/** The followers that a post has room for. */
	get posted(): ReadonlyMap<string, number> {
		return new Map([...this.followers].slice(-MAX_FOLLOWED));
	}

	stop(): void {
		for (const stop of this.#stops.splice(0)) stop();
	}

	#count(attempt: string, change: number): void {
		const count = (this.followers.get(attempt) ?? 0) + change;
		if (count > 0) this.followers.set(attempt, count);
		else this.followers.delete(attempt);
	}

	#on(name: string, listen: (message: Message) => void): void {
		const listener = (message: unknown): void => {
			if ((message as Message).runs === this.#runs) listen(message as Message);
		};
		subscribe(`sse-service:${name}`, listener);
		this.#stops.push(() => unsubscribe(`sse-service:${name}`, listener));
	}
}
