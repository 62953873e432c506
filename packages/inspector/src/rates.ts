/**
 * Rates: what the counters of a service did in the last second, and over the last hour.
 */
import type { SSEStats } from "sse-service";

/** Figures at one moment. Rates are per second. */
export interface Sample {
	/** In ms since the epoch. */
	readonly t: number;
	readonly connections: number;
	readonly events: number;
	readonly bytes: number;
	readonly opened: number;
	readonly closed: number;
	readonly dropped: number;
	/** The 99th percentile from send to write, in ms; 0 without sends. */
	readonly p99: number;
}

type Series = Exclude<keyof Sample, "t">;

/** A point each five seconds for an hour. */
const POINT_SECONDS = 5;
const MAX_POINTS = 720;
/** Fan-outs of a second that percentiles are made of. */
const MAX_DURATIONS = 512;

interface Counters {
	readonly at: number;
	readonly events: number;
	readonly bytes: number;
	readonly opened: number;
	readonly closed: number;
	readonly dropped: number;
}

export class Rates {
	readonly history: Sample[] = [];
	#before: Counters;
	#durations: number[] = [];
	#seconds: Sample[] = [];

	constructor(stats: SSEStats) {
		this.#before = countersOf(stats);
	}

	/** A fan-out has left. */
	left(durationMs: number): void {
		if (this.#durations.length < MAX_DURATIONS) this.#durations.push(durationMs);
	}

	/** Call each second. @returns the figures since the last call */
	sample(stats: SSEStats): Sample {
		const before = this.#before;
		const now = countersOf(stats);
		const seconds = Math.max(0.001, (now.at - before.at) / 1_000);
		const rate = (name: Exclude<keyof Counters, "at">): number =>
			(now[name] - before[name]) / seconds;
		const sorted = this.#durations.sort((one, other) => one - other);
		const sample = {
			t: Date.now(),
			connections: stats.connections,
			events: rate("events"),
			bytes: rate("bytes"),
			opened: rate("opened"),
			closed: rate("closed"),
			dropped: rate("dropped"),
			p99: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0,
		};
		this.#before = now;
		this.#durations = [];
		this.#seconds.push(sample);
		if (this.#seconds.length >= POINT_SECONDS) this.#point();
		return sample;
	}

	#point(): void {
		const seconds = this.#seconds.splice(0);
		const mean = (name: Series): number =>
			round(seconds.reduce((sum, each) => sum + each[name], 0) / seconds.length);
		this.history.push({
			t: seconds.at(-1)?.t ?? Date.now(),
			connections: Math.round(mean("connections")),
			events: mean("events"),
			bytes: mean("bytes"),
			opened: mean("opened"),
			closed: mean("closed"),
			dropped: mean("dropped"),
			p99: round(Math.max(...seconds.map(({ p99 }) => p99))),
		});
		if (this.history.length > MAX_POINTS) this.history.shift();
	}
}

function countersOf({
	eventsSent,
	bytesSent,
	connectionsOpened,
	closes,
	drops,
}: SSEStats): Counters {
	return {
		at: performance.now(),
		events: eventsSent,
		bytes: bytesSent,
		opened: connectionsOpened,
		closed: sum(closes),
		dropped: sum(drops),
	};
}

function sum(tally: Readonly<Record<string, number>>): number {
	return Object.values(tally).reduce((total, count) => total + count, 0);
}

function round(value: number): number {
	return Math.round(value * 100) / 100;
}
