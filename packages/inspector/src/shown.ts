/**
 * What a page is shown: the figures of this process and of the others that share its event log, connections, timelines, groups
 * and runs.
 */
import { sharedLogOf } from "sse-service/adapter";
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
import { inOrder, type Query, type Row } from "./roll.js";
import { type RunRow, RunWatch } from "./run-watch.js";
import type { Entry } from "./timeline.js";
import { Watch } from "./watch.js";

/** A connection of any process. */
interface ShownRow extends Omit<Row, "key"> {
	/** A number, if it is of this process. */
	readonly key: number | string;
	/** The name of its process, if more than one is shown. */
	readonly process?: string | undefined;
}

/** A part of a list. */
interface ShownRows {
	/** How many rows can be scrolled to. */
	readonly total: number;
	/** How many connections there are. */
	readonly found: number;
	readonly rows: readonly ShownRow[];
}

/** A process in the list of processes. */
export interface ShownProcess extends Summary {
	readonly id: string;
	readonly state: "here" | "live" | "gone" | "left";
}

const MAX_GROUPS = 100;
const MAX_ENTRIES = 200;
const ENTRIES_A_SECOND = 60;
/** The name of all processes, in place of the id of one. */
const ALL = "all";

export class Shown {
	readonly watch: Watch;
	readonly runs: RunWatch | undefined;
	readonly #service: InspectedService;
	readonly #name: string;
	readonly #peers: Peers | undefined;
	#sample: Sample | undefined;
	#shownUpTo = 0;

	/** @param onDrain called when the service begins to end */
	constructor(service: InspectedService, options: ResolvedOptions, onDrain: () => void) {
		this.#service = service;
		this.#name = options.name;
		this.watch = new Watch(service, options.showData, onDrain);
		this.runs =
			options.runs &&
			new RunWatch(options.runs, (text) => this.watch.timeline.add({ kind: "error", text }));
		const shared = options.processes ? sharedLogOf(service) : undefined;
		this.#peers = shared && new Peers(shared, { service, post: (asks) => this.#post(asks) });
	}

	/** What a page receives first. */
	hello(): object {
		this.#peers?.tick(true);
		return {
			name: this.#name,
			here: this.#peers?.id,
			history: this.watch.rates.history,
			entries: this.watch.timeline.newest(ENTRIES_A_SECOND),
			processes: this.#processes(this.#summary()),
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

	/** @param process its id, or `all`; by default this one */
	async connections(process: string | null, query: Query): Promise<ShownRows> {
		const peers = this.#peers;
		const isHere = process === null || process === peers?.id;
		if (peers === undefined || isHere || (process === ALL && peers.live.length === 0)) {
			const { total, rows } = this.watch.roll.list(query);
			return { total, found: total, rows };
		}
		const first = { ...query, offset: 0, limit: MAX_ROWS };
		const answers = await peers.ask({ rows: first });
		const own = process === ALL ? this.watch.roll.list(first) : { total: 0, rows: [] };
		const merged: ShownRow[] = own.rows.map((row) => ({ ...row, process: this.#name }));
		let found = own.total;
		for (const [id, { name, answer }] of answers) {
			if (process !== ALL && process !== id) continue;
			found += answer.total;
			for (const row of answer.rows)
				merged.push({ ...row, key: `${id}/${row.key}`, process: name });
		}
		inOrder(merged, query);
		const { offset, limit } = query;
		return { total: merged.length, found, rows: merged.slice(offset, offset + limit) };
	}

	/** What happened to a client or in a group, the newest first. @param process `all`: in other processes as well */
	async timeline(process: string | null, of: Subject): Promise<readonly Entry[]> {
		const own = this.#entries(of, MAX_ENTRIES);
		if (this.#peers === undefined || process !== ALL) return own;
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

	async runRows(): Promise<RunRow[]> {
		return (await this.runs?.list((attempt) => this.#peers?.followers(attempt) ?? 0)) ?? [];
	}

	/** Stops watching. */
	async close(): Promise<void> {
		this.watch.stop();
		this.runs?.stop();
		await this.#peers?.close();
	}

	#processes(summary: Summary): readonly ShownProcess[] | undefined {
		if (this.#peers === undefined) return undefined;
		const others = this.#peers.all.map(({ summary: of, ...peer }) => ({ ...of, ...peer }));
		return [{ ...summary, id: this.#peers.id, state: "here" }, ...others];
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
		return { summary: this.#summary(), answers, followers: this.runs?.posted ?? new Map() };
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
