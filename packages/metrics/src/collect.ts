/**
 * The collection: what a service publishes on its channels, and its figures, become measurements of a backend. What the service
 * counts is read from it when the backend collects, so nothing is paid for it between two collections.
 */
import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import type { SSEConnection, SSEService } from "sse-service";
import { firstValuesOf, METRICS, type Metric } from "./metrics.js";
import { type MeasuredService, type MetricsOptions, servicesIn } from "./options.js";

/** A value, and that of the metric's label, if it has one. */
type Sample = readonly [value: number, label?: string];

/** Where measurements go. */
export interface Backend {
	/** Calls `read` at each collection. Counters are read as totals. */
	read(metric: Metric, read: () => Iterable<Sample>): void;
	/** @returns what adds to a counter */
	counter(metric: Metric): (value: number, label?: string) => void;
	/** @returns what adds a value to a histogram */
	histogram(metric: Metric): (value: number, label?: string) => void;
	/** Removes all of these. */
	end(): void;
}

/** Of every message, what is read here. */
interface Message {
	readonly service: MeasuredService;
	readonly connection: SSEConnection;
	/** Whose run it is. */
	readonly runs: object;
	readonly attempt: string;
	readonly target: { readonly group?: string | undefined; readonly client?: string | undefined };
	readonly connections: number;
	readonly durationMs: number;
	readonly lagMs: number;
	readonly reason: string;
	readonly stage: string;
	readonly outcome: string;
	readonly error?: unknown;
	readonly isOver: boolean;
	readonly isOwn: boolean;
}

/** Measures until the returned function is called. If the backend refuses a metric, nothing is measured. */
export function collect(options: MetricsOptions, backend: Backend): () => void {
	const stops = [() => backend.end()];
	const stop = (): void => {
		for (const each of stops.splice(0)) each();
	};
	try {
		measure(options, backend, stops);
		return stop;
	} catch (error) {
		stop();
		throw error;
	}
}

/** @param stops receives what ends it again */
function measure(options: MetricsOptions, backend: Backend, stops: (() => void)[]): void {
	const services = new Set(servicesIn(options.service));
	const groups = new Set(options.groups);
	const on = (name: string, listen: (message: Message) => void): void => {
		const listener = (message: unknown): void => {
			const { service } = message as Message;
			// Runs belong to no service.
			if (service === undefined || services.has(service)) listen(message as Message);
		};
		subscribe(`sse-service:${name}`, listener);
		stops.push(() => unsubscribe(`sse-service:${name}`, listener));
	};

	readFigures(services, backend);
	stops.push(measureConnections(on, backend));
	stops.push(measurePublish(services, backend));
	measureRuns(on, backend);

	const sendToWrite = backend.histogram(METRICS.sendToWrite);
	on("deliver", ({ durationMs }) => sendToWrite(durationMs / 1_000));
	const gaps = backend.counter(METRICS.gaps);
	on("gap", ({ reason }) => gaps(1, reason));
	const errors = backend.counter(METRICS.errors);
	on("error", ({ stage }) => errors(1, stage));
	const append = backend.histogram(METRICS.append);
	on("log:append", (message) => append(message.durationMs / 1_000, outcomeOf(message)));
	const lag = backend.histogram(METRICS.lag);
	on("log:lag", ({ lagMs, isOwn }) => isOwn || lag(lagMs / 1_000));
	const outages = backend.counter(METRICS.outages);
	on("log:outage", ({ isOver }) => isOver || outages(1));

	if (groups.size > 0) {
		backend.read(METRICS.groupConnections, () => sizesOf(services, groups));
		const groupEvents = backend.counter(METRICS.groupEvents);
		for (const group of groups) groupEvents(0, group);
		on("send", ({ target, connections }) => {
			const { group, client } = target;
			if (group !== undefined && client === undefined && groups.has(group)) {
				groupEvents(connections, group);
			}
		});
	}
}

/** What the services count themselves. */
function readFigures(services: ReadonlySet<MeasuredService>, backend: Backend): void {
	type Stats = ReturnType<SSEService["stats"]>;
	const total = (metric: Metric, of: (stats: Stats, service: MeasuredService) => number): void =>
		backend.read(metric, () => {
			let sum = 0;
			for (const service of services) sum += of(service.stats(), service);
			return [[sum]];
		});
	const totals = (metric: Metric, of: (stats: Stats) => Readonly<Record<string, number>>): void =>
		backend.read(metric, () => {
			const sums = new Map(firstValuesOf(metric).map((value) => [value, 0]));
			for (const service of services) {
				for (const [label, count] of Object.entries(of(service.stats()))) {
					sums.set(label, (sums.get(label) ?? 0) + count);
				}
			}
			return Array.from(sums, ([label, sum]): Sample => [sum, label]);
		});
	total(METRICS.connections, ({ connections }) => connections);
	total(METRICS.clients, ({ clients }) => clients);
	total(METRICS.groups, (stats) => stats.groups);
	total(METRICS.opened, ({ connectionsOpened }) => connectionsOpened);
	totals(METRICS.closed, ({ closes }) => closes);
	total(METRICS.events, ({ eventsSent }) => eventsSent);
	total(METRICS.bytes, ({ bytesSent }) => bytesSent);
	totals(METRICS.dropped, ({ drops }) => drops);
	totals(METRICS.resumes, ({ resumes }) => resumes);
	total(METRICS.historyEvents, ({ history }) => history?.events ?? 0);
	total(METRICS.historyBytes, ({ history }) => history?.bytes ?? 0);
	total(METRICS.behind, (_, service) => service.health().log?.behind ?? 0);
	backend.read(METRICS.ready, () => [
		[Number([...services].every((service) => service.health().ready))],
	]);
}

type On = (name: string, listen: (message: Message) => void) => void;

/** What needs the connections themselves: since when each is open, and what waits for it. */
function measureConnections(on: On, backend: Backend): () => void {
	const openedAt = new Map<SSEConnection, number>();
	const duration = backend.histogram(METRICS.duration);
	on("connection:open", ({ connection }) => openedAt.set(connection, performance.now()));
	on("connection:close", ({ connection }) => {
		const since = openedAt.get(connection);
		openedAt.delete(connection);
		if (since !== undefined) duration((performance.now() - since) / 1_000);
	});
	backend.read(METRICS.buffered, () => {
		let bytes = 0;
		for (const connection of openedAt.keys()) bytes += connection.bufferedBytes;
		return [[bytes]];
	});
	return () => openedAt.clear();
}

function measurePublish(services: ReadonlySet<MeasuredService>, backend: Backend): () => void {
	const publish = backend.histogram(METRICS.publish);
	const begun = new WeakMap<object, number>();
	const listeners = {
		start: (message: object) => {
			if (services.has((message as Message).service)) begun.set(message, performance.now());
		},
		asyncEnd: (message: object) => {
			const since = begun.get(message);
			if (since === undefined) return;
			publish((performance.now() - since) / 1_000, outcomeOf(message));
		},
	};
	const channel = tracingChannel<unknown, object>("sse-service:publish");
	const { start, asyncEnd } = channel;
	start.subscribe(listeners.start as () => void);
	asyncEnd.subscribe(listeners.asyncEnd as () => void);
	return () => {
		start.unsubscribe(listeners.start as () => void);
		asyncEnd.unsubscribe(listeners.asyncEnd as () => void);
	};
}

function measureRuns(on: On, backend: Backend): void {
	/**
	 * Who produces each attempt: two while a run changes hands within the process. Not a count: a run that began before measuring
	 * did is not here, and ends as well.
	 */
	const running = new Map<string, Set<object>>();
	const producersOf = (attempt: string) => running.get(attempt) ?? new Set<object>();
	backend.read(METRICS.runs, () => [[running.size]]);
	const started = backend.counter(METRICS.runsStarted);
	on("run:start", ({ attempt, runs }) => {
		running.set(attempt, producersOf(attempt).add(runs));
		started(1);
	});
	const ended = backend.counter(METRICS.runsEnded);
	const duration = backend.histogram(METRICS.runDuration);
	on("run:end", ({ attempt, runs, outcome, durationMs }) => {
		const producers = producersOf(attempt);
		producers.delete(runs);
		if (producers.size === 0) running.delete(attempt);
		ended(1, outcome);
		duration(durationMs / 1_000);
	});
}

function* sizesOf(
	services: ReadonlySet<MeasuredService>,
	groups: ReadonlySet<string>,
): Generator<Sample> {
	const sums = new Map(Array.from(groups, (group) => [group, 0]));
	for (const service of services) {
		for (const { name, connections } of service.getGroups()) {
			const sum = sums.get(name);
			if (sum !== undefined) sums.set(name, sum + connections);
		}
	}
	for (const [group, sum] of sums) yield [sum, group];
}

/** An error code of ours, of which there are a fixed number. Anything can be thrown, `undefined` and `null` as well. */
function outcomeOf(message: { readonly error?: unknown }): string {
	if (!("error" in message)) return "stored";
	const { code } = (message.error ?? {}) as { readonly code?: unknown };
	return typeof code === "string" && code.startsWith("ERR_SSE_") ? code : "error";
}
