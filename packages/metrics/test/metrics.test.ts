/**
 * Every figure is what a model of the same run counts: scripts of clients, sends and disconnects, over real sockets.
 */
import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import type { Meter } from "@opentelemetry/api";
import { redisEventLog } from "@sse-service/redis";
import { eventually, openStream, sizeOf, startServer, type TestStream } from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import fc from "fast-check";
import { AggregatorRegistry, Registry } from "prom-client";
import { createClient } from "redis";
import {
	type CloseReason,
	createSSEService,
	type ErrorStage,
	type SSEServiceOptions,
} from "sse-service";
import { createSSEService as createFetchService, respond } from "sse-service/fetch";
import { createMemoryRunStore, createRuns } from "sse-service/runs";
import { expect, it, onTestFinished } from "vitest";
import { METRICS } from "../src/metrics.js";
import {
	type OpenTelemetryOptions,
	openTelemetryMetrics,
	openTelemetrySpans,
	type SpansOptions,
} from "../src/opentelemetry.js";
import { type PrometheusOptions, prometheusMetrics } from "../src/prometheus.js";
import { readSeries, seriesOf, seriesValue } from "./series.js";

const GROUPS = ["a", "b", "c"] as const;

type Step =
	| { readonly do: "open"; readonly group: string }
	| { readonly do: "leave"; readonly which: number }
	| { readonly do: "disconnect"; readonly group: string; readonly reason: string }
	| { readonly do: "send" | "publish" | "poll"; readonly group: string };

const group = fc.constantFrom(...GROUPS);
const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 4, arbitrary: fc.record({ do: fc.constant("open" as const), group }) },
	fc.record({ do: fc.constant("leave" as const), which: fc.nat(20) }),
	fc.record({ do: fc.constant("poll" as const), group }),
	fc.record({
		do: fc.constant("disconnect" as const),
		group,
		reason: fc.constantFrom("server", "moved"),
	}),
	{
		weight: 4,
		arbitrary: fc.record({ do: fc.constantFrom("send" as const, "publish" as const), group }),
	},
);

interface Client {
	readonly group: string;
	readonly stream: TestStream;
	received: number;
}

it("every figure is what a model of the run counts", async () => {
	await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), play), {
		numRuns: 12,
	});
});

async function play(steps: readonly Step[]): Promise<void> {
	const sse = createSSEService({ history: true, heartbeatIntervalMs: 0 });
	const register = new Registry();
	// `c` is not on the list.
	const stop = prometheusMetrics({ service: sse, register, groups: ["a", "b"] });
	const server = await startServer((req, res) => {
		sse.connect({ req, res, groupName: req.url?.slice(1, 2) ?? "" });
	});
	let open: Client[] = [];
	const all: Client[] = [];
	const model = { opened: 0, events: 0, fanOuts: 0, published: 0 };
	const closed: Record<string, number> = {};
	const toGroup: Record<string, number> = { a: 0, b: 0 };
	const close = async (
		gone: readonly Client[],
		reason: string,
		count = gone.length,
	): Promise<void> => {
		closed[reason] = (closed[reason] ?? 0) + count;
		open = open.filter((client) => !gone.includes(client));
		await eventually(() => sse.stats().connections === open.length);
	};
	try {
		for (const each of steps) {
			if (each.do === "open") {
				const stream = await openStream(`${server.url}/${each.group}`);
				const client = { group: each.group, stream, received: 0 };
				open.push(client);
				all.push(client);
				model.opened++;
			} else if (each.do === "leave") {
				const leaving = open[each.which % open.length];
				if (leaving === undefined) continue;
				// Everything has arrived, so that what was written is what it has.
				await leaving.stream.take(leaving.received);
				leaving.stream.abort();
				await close([leaving], "client");
			} else if (each.do === "poll") {
				// A first poll ends at once.
				await (await fetch(`${server.url}/${each.group}?live=poll`)).text();
				model.opened++;
				await close([], "poll", 1);
			} else if (each.do === "disconnect") {
				const gone = open.filter((client) => client.group === each.group);
				if (gone.length === 0) continue;
				sse.disconnect({ group: each.group }, each.reason);
				await close(gone, each.reason);
			} else {
				const receivers = open.filter((client) => client.group === each.group);
				if (each.do === "send") sse.send({ group: each.group }, "hello");
				else {
					await sse.publish({ group: each.group }, "hello");
					model.published++;
				}
				for (const client of receivers) client.received++;
				model.events += receivers.length;
				if (receivers.length > 0) model.fanOuts++;
				if (each.group in toGroup) {
					toGroup[each.group] = (toGroup[each.group] ?? 0) + receivers.length;
				}
			}
		}
		for (const { stream, received } of all) await stream.take(received);
		await eventually(
			async () => (await value("sse_send_to_write_seconds_count")) === model.fanOuts,
		);
		expect(await value("sse_connections")).toBe(open.length);
		expect(await value("sse_clients")).toBe(open.length);
		expect(await value("sse_groups")).toBe(new Set(open.map((client) => client.group)).size);
		expect(await value("sse_connections_opened_total")).toBe(model.opened);
		for (const reason of ["client", "server", "moved", "poll"]) {
			const count = await value("sse_connections_closed_total", reason);
			expect(count ?? 0, reason).toBe(closed[reason] ?? 0);
		}
		expect(await value("sse_connection_duration_seconds_count")).toBe(model.opened - open.length);
		expect(await value("sse_events_sent_total")).toBe(model.events);
		expect(await value("sse_publish_duration_seconds_count", "stored")).toBe(model.published);
		const logged = steps.filter((each) => each.do === "send" || each.do === "publish").length;
		expect(await value("sse_log_append_seconds_count", "stored")).toBe(logged);
		expect(await value("sse_history_events")).toBe(logged);
		expect((await value("sse_history_bytes")) ?? 0).toBeGreaterThanOrEqual(5 * logged);
		for (const name of ["a", "b"]) {
			expect((await value("sse_group_events_sent_total", name)) ?? 0).toBe(toGroup[name]);
			expect(await value("sse_group_connections", name)).toBe(
				open.filter((client) => client.group === name).length,
			);
		}
		expect(await value("sse_group_connections", "c")).toBeUndefined();
		expect(await value("sse_ready")).toBe(1);
	} finally {
		stop();
		await sse.close();
		await server.destroy();
	}

	function value(name: string, label?: string): Promise<number | undefined> {
		return seriesValue(register, name, label);
	}
}

it("bytes are those that clients have read", async () => {
	const { sse, register, open } = await serve();
	const streams = [await open(), await open()];
	sse.send("all", "hello\nworld");
	for (const stream of streams) await stream.take(1);
	const read = streams.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
	expect(await seriesValue(register, "sse_bytes_sent_total")).toBe(read);
});

it("what waits for slow clients is counted, and drops and gaps with their cause", async () => {
	const { sse, register, open } = await serve({
		history: true,
		maxBufferedBytes: 1_000_000,
		slowPolicy: "drop-newest",
	});
	const stream = await open();
	stream.pause();
	let dropped = 0;
	while (dropped < 3) {
		if (sse.send("all", "x".repeat(100_000)) === 0) dropped++;
		await new Promise((resolve) => setImmediate(resolve));
	}
	expect(await seriesValue(register, "sse_buffered_bytes")).toBeGreaterThan(500_000);
	expect(await seriesValue(register, "sse_dropped_total", "drop-newest")).toBe(dropped);
	stream.resume();
	await eventually(async () => (await seriesValue(register, "sse_buffered_bytes")) === 0);
	sse.send("all", "end", { event: "end" });
	await stream.until(() => stream.events.at(-1)?.event === "end");
	const gaps = stream.events.filter(({ event }) => event === "gap");
	expect(await seriesValue(register, "sse_gaps_total", "slow")).toBe(gaps.length);
});

it("a client that reconnects is counted by what it received, and errors by their stage", async () => {
	const mistake = (): never => {
		throw new Error("a callback's own");
	};
	const { register, open } = await serve({ history: true, onConnect: mistake });
	await open({ "last-event-id": "none of ours" });
	await eventually(async () => (await seriesValue(register, "sse_resumes_total", "invalid")) === 1);
	expect(await seriesValue(register, "sse_resumes_total", "replayed")).toBe(0);
	expect(await seriesValue(register, "sse_errors_total", "onConnect")).toBe(1);
});

it("a publish that fails with anything at all counts as an error", async () => {
	const { sse, register } = await serve();
	const publish = tracingChannel<unknown, object>("sse-service:publish");
	for (const thrown of [null, undefined, "text", Object.create(null)]) {
		await publish.tracePromise(() => Promise.reject(thrown), { service: sse }).catch(() => {});
	}
	expect(await seriesValue(register, "sse_publish_duration_seconds_count", "error")).toBe(4);
	expect(await seriesValue(register, "sse_publish_duration_seconds_count", "stored")).toBe(0);
});

const runStep = fc.record({
	do: fc.constantFrom("start", "finish", "throw", "cancel"),
	id: fc.constantFrom("a", "b", "c", "d"),
});

it("runs are what a model counts: started, running, and ended by their outcome", async () => {
	const play = async (steps: { readonly do: string; readonly id: string }[]): Promise<void> => {
		const { register, stop } = await serve();
		const runs = createRuns();
		const running = new Map<string, { finish(): void; fail(error: Error): void }>();
		const ended = { done: 0, failed: 0, cancelled: 0, handedOver: 0 };
		let started = 0;
		for (const { do: what, id } of steps) {
			const run = running.get(id);
			if (what === "start") {
				const { isOwn } = await runs.start(
					id,
					() =>
						new Promise<void>((finish, fail) => {
							running.set(id, { finish, fail });
						}),
				);
				if (isOwn) started++;
				await eventually(() => running.has(id) || !isOwn);
			} else if (run !== undefined) {
				running.delete(id);
				if (what === "finish") run.finish();
				else if (what === "throw") run.fail(new Error("the producer's own"));
				else await runs.cancel(id);
				ended[what === "finish" ? "done" : what === "throw" ? "failed" : "cancelled"]++;
			}
		}
		const total = (): number => Object.values(ended).reduce((sum, count) => sum + count, 0);
		const count = async (name: string, label?: string) => seriesValue(register, name, label);
		await eventually(async () => (await count("sse_run_duration_seconds_count")) === total());
		expect(await count("sse_runs_started_total")).toBe(started);
		expect(await count("sse_runs")).toBe(running.size);
		await runs.close({ unfinished: "handOver" });
		ended.handedOver += running.size;
		await eventually(async () => (await count("sse_run_duration_seconds_count")) === total());
		for (const [outcome, value] of Object.entries(ended)) {
			expect(await count("sse_runs_ended_total", outcome), outcome).toBe(value);
		}
		expect(await count("sse_runs")).toBe(0);
		stop();
	};
	await fc.assert(fc.asyncProperty(fc.array(runStep, { minLength: 4, maxLength: 20 }), play), {
		numRuns: 10,
	});
});

it.skipIf(redisServerPath === undefined)(
	"of a shared log: the lag of others' events, outages, and how far a process is behind",
	async () => {
		const redis = await startRedisServer();
		onTestFinished(() => redis.stop());
		const [sender, receiver] = await Promise.all(
			[0, 1].map(async () => {
				const client = createClient({ url: redis.url });
				client.on("error", () => {});
				await client.connect();
				onTestFinished(() => client.destroy());
				const own = await serve({ eventLog: redisEventLog({ client, prefix: "test" }) });
				await eventually(() => own.sse.health().ready);
				return own;
			}),
		);
		if (sender === undefined || receiver === undefined) throw new Error("no services");
		for (let at = 0; at < 7; at++) await sender.sse.publish("all", "x");
		const value = ({ register }: typeof sender, name: string, label?: string) =>
			seriesValue(register, name, label);
		await eventually(async () => (await value(receiver, "sse_log_lag_seconds_count")) === 7);
		expect(await value(sender, "sse_log_lag_seconds_count")).toBe(0);
		expect(await value(sender, "sse_log_append_seconds_count", "stored")).toBe(7);
		expect(await value(receiver, "sse_log_append_seconds_count", "stored")).toBe(0);
		expect(await value(receiver, "sse_log_behind")).toBe(receiver.sse.health().log?.behind);
		expect(await value(receiver, "sse_log_outages_total")).toBe(0);
		await redis.kill("SIGKILL");
		for (const each of [sender, receiver]) {
			await eventually(async () => (await value(each, "sse_log_outages_total")) === 1);
		}
	},
);

type Literal<T> = T extends string ? (string extends T ? never : T) : never;

/** Complete, or this does not compile. */
const REASONS: Record<Literal<CloseReason>, true> = {
	...{ client: true, server: true, slow: true, expired: true, age: true, shutdown: true },
	...{ poll: true, replaced: true, error: true, head: true, refused: true },
};
const STAGES: Record<ErrorStage, true> = {
	...{
		onConnect: true,
		onDisconnect: true,
		onDisconnectCb: true,
		connect: true,
		write: true,
		pipe: true,
	},
	...{ handler: true, recover: true, send: true, log: true },
};

it("every value of a label that the library itself has is there from the start, so that its first increase shows", () => {
	expect(METRICS.closed.label.slice(1).sort()).toEqual(Object.keys(REASONS).sort());
	expect(METRICS.errors.label.slice(1).sort()).toEqual(Object.keys(STAGES).sort());
});

it("several services are added up, and others are not counted", async () => {
	const register = new Registry();
	const services = [createSSEService(), createSSEService(), createSSEService()] as const;
	// The second as Nest has it.
	const [one, two] = services;
	const wrapped = { stats: two.stats, health: two.health, getGroups: two.getGroups, service: two };
	prometheusMetrics({ service: [one, wrapped], register });
	const server = await startServer((req, res) => {
		services[Number(req.url?.slice(1)) as 0 | 1 | 2].connect({ req, res });
	});
	for (const which of [0, 1, 1, 2, 2, 2]) await openStream(`${server.url}/${which}`);
	expect(await seriesValue(register, "sse_connections")).toBe(3);
	for (const service of services) service.send("all", "x");
	expect(await seriesValue(register, "sse_events_sent_total")).toBe(3);
	await eventually(
		async () => (await seriesValue(register, "sse_send_to_write_seconds_count")) === 2,
	);
	for (const service of services) await service.close();
	await eventually(
		async () => (await seriesValue(register, "sse_connection_duration_seconds_count")) === 3,
	);
});

it("100,000 clients, groups, polls and runs change nothing in the number of series", async () => {
	const count = sizeOf({ usual: 1_000, long: 100_000 });
	const sse = createFetchService({ maxConnections: 10, history: true });
	const register = new Registry();
	prometheusMetrics({ service: sse, register, groups: ["named"] });
	const runs = createRuns({ maxRuns: count });
	const visit = async (id: number): Promise<void> => {
		const request = new Request("http://127.0.0.1/events");
		const { connection } = respond(request, {
			service: sse,
			clientId: `client ${id}`,
			groups: [`group ${id}`, "named"],
		});
		sse.send({ group: `group ${id}` }, "hello");
		connection.close();
		const poll = new Request("http://127.0.0.1/events?live=poll");
		await respond(poll, {
			service: sse,
			clientId: `client ${id}`,
			groups: [`group ${id}`],
		}).response.text();
		await runs.start(`run ${id}`, () => ["x"]);
	};
	await visit(0);
	await eventually(async () => (await seriesValue(register, "sse_runs_ended_total", "done")) === 1);
	const before = (await seriesOf(register)).length;
	for (let id = 1; id < count; id++) {
		await visit(id);
		if (id % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
	}
	expect(await seriesValue(register, "sse_connections_opened_total")).toBe(2 * count);
	expect(await seriesValue(register, "sse_runs_started_total")).toBe(count);
	expect((await seriesOf(register)).length).toBe(before);
});

it("the registry has the metrics of the list, and none once it was stopped", async () => {
	const register = new Registry();
	const stop = prometheusMetrics({ service: createSSEService(), register, groups: ["a"] });
	const names = (await register.getMetricsAsJSON()).map(({ name }) => name);
	expect(names.sort()).toEqual(
		Object.values(METRICS)
			.map(({ name }) => name)
			.sort(),
	);
	stop();
	expect(await register.getMetricsAsJSON()).toEqual([]);
});

it("a named group counts from 0, so that the rate of its first events is not lost", async () => {
	const register = new Registry();
	const stop = prometheusMetrics({ service: createSSEService(), register, groups: ["a", "b"] });
	const { values } = (await register.getSingleMetric("sse_group_events_sent_total")?.get()) ?? {};
	expect(values).toEqual([
		{ labels: { group: "a" }, value: 0 },
		{ labels: { group: "b" }, value: 0 },
	]);
	stop();
});

/** prom-client adds the gauges of the workers of a cluster: with one of three not ready, `sse_ready` was 2. */
it("of the workers of a cluster, the least ready and the furthest behind count", async () => {
	const behind = [3, 5, 0];
	const registers = behind.map((events, worker) => {
		const register = new Registry();
		const health = () => ({ ready: worker !== 1, log: { behind: events } });
		const service = Object.defineProperty(createSSEService(), "health", { value: health });
		prometheusMetrics({ service, register });
		return register;
	});
	const all = await AggregatorRegistry.aggregate(
		await Promise.all(registers.map((register) => register.getMetricsAsJSON())),
	).metrics();
	expect(all).toMatch(/^sse_ready 0$/m);
	expect(all).toMatch(/^sse_log_behind 5$/m);
	expect(all).toMatch(/^sse_connections 0$/m);
});

it.each<[string, object]>([
	["no service", {}],
	["no service in the array", { service: [] }],
	["an object that is no service", { service: {} }],
	["a name instead of a service", { service: "sse" }],
	["a group's name instead of an array", { service: createSSEService(), groups: "news" }],
	["an empty group name", { service: createSSEService(), groups: [""] }],
	["a misspelled option", { service: createSSEService(), group: ["news"] }],
])("refuses %s, and registers nothing", (_, options) => {
	const refusal = expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" });
	const register = new Registry();
	expect(() => prometheusMetrics({ register, ...options } as PrometheusOptions)).toThrow(refusal);
	expect(register.getMetricsAsArray()).toEqual([]);
	expect(() => openTelemetryMetrics(options as OpenTelemetryOptions)).toThrow(refusal);
});

it.each<[string, object]>([
	["a misspelled option", { services: createSSEService() }],
	["an object that is no service", { service: {} }],
	["null as the service", { service: null }],
	["no service in the array", { service: [] }],
	["a tracer that is none", { tracer: {} }],
])("for spans, refuses %s", (_, options) => {
	expect(() => openTelemetrySpans(options as SpansOptions)).toThrow(
		expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
	);
});

it("refuses a registry, or a meter, that is none", () => {
	const service = createSSEService();
	const refusal = expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" });
	expect(() => prometheusMetrics({ service, register: {} as Registry })).toThrow(refusal);
	expect(() => openTelemetryMetrics({ service, meter: {} as Meter })).toThrow(refusal);
});

it("a run that began before measuring did takes no other one from those that run", async () => {
	const runs = createRuns();
	const finish: (() => void)[] = [];
	const start = async (id: string): Promise<void> => {
		await runs.start(id, () => new Promise<void>((resolve) => finish.push(resolve)));
	};
	await start("older");
	const { register, stop } = await serve();
	let ended = 0;
	const onEnd = (message: unknown): void => {
		if ((message as { runs: unknown }).runs === runs) ended++;
	};
	subscribe("sse-service:run:end", onEnd);
	onTestFinished(() => void unsubscribe("sse-service:run:end", onEnd));
	await start("measured");
	await eventually(() => finish.length === 2);
	for (const [index, running] of [1, 0].entries()) {
		finish[index]?.();
		await eventually(() => ended === index + 1);
		expect(await seriesValue(register, "sse_runs")).toBe(running);
	}
	stop();
});

/** Starts a run in the first of two that share a store, in one process. The second continues what the first hands over. */
async function startRun() {
	const store = createMemoryRunStore();
	const { close } = store;
	// The first to close would close it for both.
	store.close = () => Promise.resolve();
	const first = createRuns({ store, resume: () => new Promise(() => {}) });
	let finish: (() => void) | undefined;
	const second = createRuns({
		store,
		resume: () =>
			new Promise<void>((resolve) => {
				finish = resolve;
			}),
	});
	onTestFinished(async () => {
		await second.close();
		await close.call(store);
	});
	await first.start("run", () => new Promise(() => {}));
	return {
		second,
		handOver: async () => {
			await first.close({ unfinished: "handOver" });
			await eventually(() => finish !== undefined, "the other to take over");
		},
		finish: () => finish?.(),
	};
}

// The one that hands over ends after the one that takes over has started, with the same attempt.
it.each([
	["", "measured"],
	[" that began before measuring did and", "older"],
])("a run%s that changes hands within the process is counted, and once", async (_, age) => {
	const older = age === "older" ? await startRun() : undefined;
	const { register, stop } = await serve();
	const { second, handOver, finish } = older ?? (await startRun());
	const running = () => seriesValue(register, "sse_runs");
	let atStart: Promise<number | undefined> | undefined;
	const onStart = (message: unknown): void => {
		if ((message as { runs: unknown }).runs === second) atStart = running();
	};
	subscribe("sse-service:run:start", onStart);
	onTestFinished(() => void unsubscribe("sse-service:run:start", onStart));
	await handOver();
	const endedBy = (outcome: string) => seriesValue(register, "sse_runs_ended_total", outcome);
	await eventually(async () => (await endedBy("handedOver")) === 1);
	expect([await atStart, await running()]).toEqual([1, 1]);
	finish();
	await eventually(async () => (await endedBy("done")) === 1);
	expect(await running()).toBe(0);
	stop();
});

async function serve(options: SSEServiceOptions = {}) {
	const sse = createSSEService({ heartbeatIntervalMs: 0, ...options });
	const register = new Registry();
	const stop = prometheusMetrics({ service: sse, register });
	const server = await startServer((req, res) => void sse.connect({ req, res }));
	const open = (headers: Record<string, string> = {}): Promise<TestStream> =>
		openStream(server.url, { headers });
	return { sse, register, open, stop };
}

it.skipIf(redisServerPath === undefined)("every metric was read by a test above", () => {
	const read = [...readSeries].map((name) => name.replace(/_count$/, ""));
	const unread = Object.values(METRICS).filter(({ name }) => !read.includes(name));
	expect(unread).toEqual([]);
});
