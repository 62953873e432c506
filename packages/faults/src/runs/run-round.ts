/**
 * A round: runs are started and read, something breaks, and all must end. Then they are read again, in every process
 * and from any position, and everything is checked.
 */
import type { Random } from "@sse-service/testing";
import { pause } from "../clock.js";
import { checkRuns } from "./check-runs.js";
import type { Claim, Deeds, Reading, RunViolation } from "./reading.js";
import type { RunEngine } from "./run-engine.js";
import type { RunFault } from "./run-faults.js";
import type { RunMember } from "./run-member.js";
import { RunReader } from "./run-reader.js";
import { Starvation } from "./starvation.js";
import { encodeRunId, planOf } from "./token.js";

/** How long a reader may wait, beyond the lease of a producer: for the next event, and for the end beyond the time of all tokens. */
const SLACK_MS = 2_000;
const LOOK_EVERY_MS = 20;

export interface RoundOptions {
	readonly name: string;
	readonly members: readonly RunMember[];
	readonly engine: RunEngine;
	readonly random: Random;
	readonly leaseMs: number;
	/** How many runs, and readers of each. */
	readonly runs: number;
	readonly readers: number;
	/** The longest run, in tokens. */
	readonly tokens: number;
}

export interface RoundResult {
	readonly violations: readonly RunViolation[];
	readonly readings: readonly Reading[];
	/** From the moment when it could be noticed until the last reader had its end, without the time in which processes starved. */
	readonly lastMs: number;
	/** How long they starved in the round. */
	readonly starvedMs: number;
}

export class RunRound {
	readonly #options: RoundOptions;
	readonly #readers: RunReader[] = [];
	readonly #claims: Claim[] = [];
	readonly #cancelled = new Set<string>();
	readonly #confirmed = new Set<string>();
	readonly #violations: RunViolation[] = [];
	readonly #starvation: Starvation;
	#ids: readonly string[] = [];

	constructor(options: RoundOptions) {
		this.#options = options;
		const { engine, members } = options;
		const pidsOf = (): number[] => [
			...[process.pid, ...engine.pids],
			...members.map(({ pid }) => pid),
		];
		this.#starvation = new Starvation(pidsOf);
	}

	async toItsEnd(faults: readonly RunFault[]): Promise<RoundResult> {
		const { random, readers } = this.#options;
		await this.#start();
		for (const id of this.#ids) {
			for (let i = 0; i < readers; i++) {
				const leaveEvery = i === 0 ? undefined : random.between(2, 40);
				this.#follow(`${id}/${i}`, id, { leaveEvery });
			}
		}
		await pause(random.between(100, 500));
		const over = await Promise.all(faults.map((fault) => this.#inject(fault)));
		const at = Math.max(...over);
		await this.#untilRead(at);
		const lastMs = Math.round(this.#now() - at);
		if (this.#violations.length === 0) await this.#readAgain();
		for (const reader of this.#readers) reader.stop();
		// A lease is renewed every third of it. If neither the producer nor the engine starves for that long, it holds.
		const isStarved = this.#starvation.ofOneMs > this.#options.leaseMs / 3;
		const deeds: Deeds = {
			claims: this.#claims,
			cancelled: this.#cancelled,
			confirmed: this.#confirmed,
			isDisturbed: isStarved || faults.some(({ isDisturbing = true }) => isDisturbing),
			isLossy: faults.some(({ isLossy }) => isLossy === true),
			isHandedOver: faults.some(({ isHandOver }) => isHandOver === true),
		};
		const readings = [...this.#readers];
		const violations = [...this.#violations, ...checkRuns(readings, deeds)];
		return { violations, readings, lastMs, starvedMs: Math.round(this.#starvation.ms) };
	}

	/** The time of a clock that stands still while a process starves. Limits are in it. */
	#now(): number {
		return performance.now() - this.#starvation.ms;
	}

	/** Each is started in two processes at the same time. */
	async #start(): Promise<void> {
		const { name, runs, random, tokens } = this.#options;
		this.#ids = Array.from({ length: runs }, (_, i) =>
			encodeRunId(`${name}-${i}`, {
				tokens: random.between(15, tokens),
				everyMs: random.between(5, 20),
			}),
		);
		await Promise.all(
			this.#ids.map(async (id) => {
				const calls = [this.#call(id), this.#call(id)];
				await Promise.all(calls);
			}),
		);
	}

	async #call(id: string): Promise<void> {
		const answer = await this.#any().start(id);
		if (answer !== undefined) this.#claims.push({ id, ...answer });
	}

	#any(): RunMember {
		const { members, random } = this.#options;
		return members[random.between(0, members.length - 1)] as RunMember;
	}

	#inject(fault: RunFault): Promise<number> {
		const { members, engine, random, leaseMs } = this.#options;
		const cancelSome = async (): Promise<void> => {
			const chosen = this.#ids.filter(() => random.between(1, 4) === 1);
			await Promise.all(chosen.map((id) => this.#cancel(id)));
		};
		const now = (): number => this.#now();
		return fault.run({ members, member: this.#any(), engine, random, leaseMs, cancelSome, now });
	}

	async #cancel(id: string): Promise<void> {
		await pause(this.#options.random.between(0, 400));
		this.#cancelled.add(id);
		if ((await this.#any().cancel(id)) === true) this.#confirmed.add(id);
	}

	#follow(
		name: string,
		id: string,
		more: Partial<ConstructorParameters<typeof RunReader>[0]> = {},
	): RunReader {
		const { members, random } = this.#options;
		const reader = new RunReader({ name, id, members, random, ...more });
		this.#readers.push(reader);
		return reader;
	}

	/** After the fault every reader must soon receive something, again and again, and an end soon after all tokens can be there. */
	async #untilRead(since: number): Promise<void> {
		const maxSilenceMs = this.#options.leaseMs + SLACK_MS;
		const waiting = new Map(this.#readers.map((reader) => [reader, { count: 0, at: since }]));
		for (const reader of waiting.keys()) void reader.done.then(() => waiting.delete(reader));
		while (waiting.size > 0) {
			await pause(LOOK_EVERY_MS);
			const now = this.#now();
			for (const [reader, heard] of waiting) {
				const { id, count, newest } = reader;
				if (count > heard.count) waiting.set(reader, { count, at: Math.max(since, now) });
				const { tokens, everyMs } = planOf(id);
				// Timers are late, by a millisecond or two each.
				const maxMs = tokens * (everyMs + 3) + maxSilenceMs;
				const isSilent = now - heard.at > maxSilenceMs;
				if (!isSilent && now - since <= maxMs) continue;
				const why = isSilent ? `nothing for ${maxSilenceMs} ms` : `no end within ${maxMs} ms`;
				const what = `${why}, though all was well; the newest is ${newest}`;
				this.#violations.push({ rule: "hang", id, reader: reader.reader, what });
				waiting.delete(reader);
			}
		}
	}

	/** In every process, from the start and from a position; then failed runs are started again and read further. */
	async #readAgain(): Promise<void> {
		const { members, random } = this.#options;
		const first = this.#readers.length;
		for (const id of this.#ids) {
			for (const member of members) {
				this.#follow(`${id}/again in ${member.index}`, id, { members: [member] });
				const from = this.#positionIn(id, random);
				if (from === undefined) continue;
				this.#follow(`${id}/from ${from.sequence}`, id, { members: [member], from });
			}
		}
		await this.#untilRead(this.#now());
		const failed = this.#readers
			.slice(first)
			.filter(({ items }) => items.some((item) => item.kind === "entry" && item.end === "failed"));
		for (const id of new Set(failed.slice(0, 3).map((reader) => reader.id))) {
			const from = this.#positionIn(id, random);
			await this.#call(id);
			this.#follow(`${id}/new attempt`, id, { from });
		}
		await this.#untilRead(this.#now());
	}

	/** The position of an event that somebody received, other than the end. */
	#positionIn(id: string, random: Random): Reading["from"] {
		const entries = this.#readers
			.filter((reader) => reader.id === id)
			.flatMap(({ items }) => items)
			.filter((item) => item.kind === "entry")
			.filter(({ end }) => end === undefined);
		return entries[random.between(0, entries.length - 1)];
	}
}
