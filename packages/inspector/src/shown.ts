/**
 * What a page is shown: the figures of this process and of the others that share its event log, connections, timelines, groups
 * and runs.
 */
import { sharedLogOf } from "sse-service/adapter";
import type { Guard } from "./guard.js";
import type { InspectedService, ResolvedOptions } from "./options.js";
import {
	type Answer,
	type Ask,
	MAX_ROWS,
	type Post,
	type Subject,
	type Summary,
} from "./peer-texts.js";
import { Peers } from "./peers.js";
import type { Sample } from "./rates.js";
import type { Query } from "./roll.js";
import { type RunRow, RunWatch } from "./run-watch.js";
import { ALL, connectionsOf, type ShownRows } from "./shown-connections.js";
import type { Entry } from "./timeline.js";
import { Watch } from "./watch.js";

/** Which process a page asks for, and which one has its stream. */
export interface Asker {
	/** Its id, or `all`. Default: this one. */
	readonly process?: string | undefined;
	readonly page?: string | undefined;
}

/** A process in the list of processes. */
export interface ShownProcess extends Summary {
	readonly id: string;
	readonly state: "here" | "live" | "gone" | "left";
}

const MAX_GROUPS = 100;
const MAX_ENTRIES = 200;
const ENTRIES_A_SECOND = 60;

export class Shown {
	readonly watch: Watch;
	readonly runs: RunWatch | undefined;
	readonly #service: InspectedService;
	readonly #name: string;
	readonly #guard: Guard;
	readonly #peers: Peers | undefined;
	#sample: Sample | undefined;
	#shownUpTo = 0;

	/** @param onDrain called when the service begins to end */
	constructor(
		service: InspectedService,
		options: ResolvedOptions,
		guard: Guard,
		onDrain: () => void,
	) {
		this.#service = service;
		this.#name = options.name;
		this.#guard = guard;
		this.watch = new Watch(service, options.showData, onDrain);
		this.runs =
			options.runs &&
			new RunWatch(options.runs, (text) => this.watch.timeline.add({ kind: "error", text }));
		const shared = options.processes ? sharedLogOf(service) : undefined;
		this.#peers =
			shared &&
			new Peers(shared, {
				id: guard.id,
				service,
				post: (asks) => this.#post(asks),
				end: (key) => void (options.allow.disconnect && this.#end(key)),
			});
	}

	/** What a page receives first. */
	hello(): object {
		this.#peers?.tick(true);
		return {
			name: this.#name,
			here: this.#guard.id,
			history: this.watch.rates.history,
			entries: this.watch.timeline.newest(ENTRIES_A_SECOND),
			isShared: this.#peers !== undefined,
			hasRuns: this.runs !== undefined,
		};
	}

	/** Call each second. @returns the figures of the last second, and what happened in it; `undefined` if nobody watches */
	tick(isWatched: boolean): object | undefined {
		const { rates, timeline, log } = this.watch;
		const stats = this.#service.stats();
		const sample = rates.sample(stats);
		this.#sample = sample;
		const since = this.#shownUpTo;
		this.#shownUpTo = timeline.last;
		this.#peers?.tick(isWatched);
		if (!isWatched) return undefined;
		const summary = this.#summary();
		return {
			sample,
			stats,
			log,
			health: this.#service.health(),
			buffered: summary.buffered,
			entries: timeline.newest(ENTRIES_A_SECOND, undefined, since),
			processes: this.#processes(summary),
			processesError: this.#peers?.error,
		};
	}

	/** @returns `undefined` if the process does not answer */
	async connections({ process, page }: Asker, query: Query): Promise<ShownRows | undefined> {
		await this.#peers?.meet(page);
		const here = { id: this.#guard.id, name: this.#name, roll: this.watch.roll };
		return connectionsOf(process, query, here, this.#peers);
	}

	/** What happened to a client or in a group, the newest first. With the process `all`: in other processes as well. */
	async timeline({ process, page }: Asker, of: Subject): Promise<readonly Entry[]> {
		const own = this.#entries(of, MAX_ENTRIES);
		if (this.#peers === undefined || process !== ALL) return own;
		await this.#peers.meet(page);
		const found: (Entry & { process?: string })[] = own.map((each) => ({
			...each,
			process: this.#name,
		}));
		for (const { name, answer } of (await this.#peers.ask({ of })).values()) {
			found.push(...answer.entries.map((entry) => ({ ...entry, process: name })));
		}
		return found.sort((one, other) => other.t - one.t).slice(0, MAX_ENTRIES);
	}

	groups(): object[] {
		const groups = this.#service.getGroups();
		return groups.sort((one, other) => other.connections - one.connections).slice(0, MAX_GROUPS);
	}

	async runRows({ page }: Asker): Promise<RunRow[]> {
		if (this.runs === undefined) return [];
		await this.#peers?.meet(page);
		return this.runs.list((attempt) => this.#peers?.followers(attempt) ?? 0);
	}

	/** The hash of the token that the process with this id gives to its pages. */
	async tokenHashOf(id: string): Promise<string | undefined> {
		await this.#peers?.meet(id);
		return this.#peers?.live.get(id)?.tokenHash;
	}

	/**
	 * Ends the connection with this key, or asks the process that has it, which does so if it allows the same.
	 *
	 * @returns how many were ended here
	 */
	async end(key: string): Promise<number> {
		const [process = "", own] = key.split("/");
		if (process === this.#guard.id) return this.#end(Number(own));
		await this.#peers?.end(process, Number(own));
		return 0;
	}

	/** Stops watching. */
	async close(): Promise<void> {
		this.watch.stop();
		this.runs?.stop();
		await this.#peers?.close();
	}

	#end(key: number): number {
		const connection = this.watch.roll.find(key);
		connection?.close("inspector");
		return Number(connection !== undefined);
	}

	/** @returns `undefined` while the others are not known yet */
	#processes(summary: Summary): readonly ShownProcess[] | undefined {
		if (this.#peers?.isReady !== true) return undefined;
		const others = this.#peers.all.map(({ summary: of, ...peer }) => ({ ...of, ...peer }));
		return [{ ...summary, id: this.#guard.id, state: "here" }, ...others];
	}

	#summary(): Summary {
		const { connections, clients, groups } = this.#service.stats();
		const { ready, log } = this.#service.health();
		return {
			name: this.#name,
			...{ connections, clients, groups, ready },
			events: this.#sample?.events ?? 0,
			bytes: this.#sample?.bytes ?? 0,
			buffered: this.watch.roll.bufferedBytes(),
			lagMs: this.watch.log.lagMs,
			behind: log?.behind,
			error: log?.error,
		};
	}

	/** What other processes see. The data of events is not in it. */
	#post(asks: ReadonlyMap<string, Ask>): Omit<Post, "isLast"> {
		const answers = new Map(Array.from(asks, ([key, ask]) => [key, this.#answer(ask)]));
		const followers = this.runs?.posted ?? new Map();
		return { summary: this.#summary(), answers, followers, tokenHash: this.#guard.tokenHash };
	}

	#answer(ask: Ask): Answer {
		if ("rows" in ask) return { ...this.watch.roll.list(ask.rows), entries: [] };
		// Every process delivers what was sent, and notes that itself.
		const entries = this.#entries(ask.of, MAX_ROWS).filter(({ kind }) => kind !== "send");
		return { total: 0, rows: [], entries };
	}

	#entries({ client, group }: Subject, limit: number): readonly Entry[] {
		return this.watch.timeline.newest(
			limit,
			(entry) =>
				(client === undefined || entry.client === client) &&
				(group === undefined || entry.groups?.includes(group) === true),
		);
	}
}
