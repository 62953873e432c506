/**
 * Every figure is what a model of the same run counts: scripts of clients, sends and disconnects, over real sockets.
 */
import { tracingChannel } from "node:diagnostics_channel";
import { eventually, openStream, sizeOf, startServer, type TestStream } from "@sse-service/testing";
import fc from "fast-check";
import { Registry } from "prom-client";
import { createSSEService, type SSEService, type SSEServiceOptions } from "sse-service";
import { createSSEService as createFetchService, respond } from "sse-service/fetch";
import { createRuns } from "sse-service/runs";
import { expect, it } from "vitest";
import { METRICS } from "../src/metrics.js";
import { prometheusMetrics } from "../src/prometheus.js";
import { seriesOf, seriesValue } from "./series.js";

const GROUPS = ["a", "b", "c"] as const;

type Step =
	| { readonly do: "open"; readonly group: string }
	| { readonly do: "leave"; readonly which: number }
	| { readonly do: "disconnect"; readonly group: string; readonly reason: string }
	| { readonly do: "send" | "publish"; readonly group: string };

const group = fc.constantFrom(...GROUPS);
const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 4, arbitrary: fc.record({ do: fc.constant("open" as const), group }) },
	fc.record({ do: fc.constant("leave" as const), which: fc.nat(20) }),
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
		sse.connect({ req, res, groupName: req.url?.slice(1) ?? "" });
	});
	let open: Client[] = [];
	const all: Client[] = [];
	const model = { opened: 0, events: 0, fanOuts: 0, published: 0 };
	const closed: Record<string, number> = {};
	const toGroup: Record<string, number> = { a: 0, b: 0 };
	const close = async (gone: readonly Client[], reason: string): Promise<void> => {
		closed[reason] = (closed[reason] ?? 0) + gone.length;
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
		for (const reason of ["client", "server", "moved"]) {
			const count = await value("sse_connections_closed_total", reason);
			expect(count ?? 0, reason).toBe(closed[reason] ?? 0);
		}
		expect(await value("sse_connection_duration_seconds_count")).toBe(model.opened - open.length);
		expect(await value("sse_events_sent_total")).toBe(model.events);
		expect(await value("sse_publish_duration_seconds_count", "stored")).toBe(model.published);
		expect(await value("sse_log_append_seconds_count", "stored")).toBe(
			steps.filter((each) => each.do === "send" || each.do === "publish").length,
		);
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

it("runs are counted while they run, and by their outcome", async () => {
	const { register } = await serve();
	const runs = createRuns();
	let finish = (): void => {};
	await runs.start("one", () => new Promise<void>((resolve) => (finish = resolve)));
	await runs.start("two", () => {
		throw new Error("the producer's own");
	});
	await eventually(
		async () => (await seriesValue(register, "sse_runs_ended_total", "failed")) === 1,
	);
	expect(await seriesValue(register, "sse_runs")).toBe(1);
	finish();
	await eventually(async () => (await seriesValue(register, "sse_runs_ended_total", "done")) === 1);
	expect(await seriesValue(register, "sse_runs")).toBe(0);
	expect(await seriesValue(register, "sse_runs_started_total")).toBe(2);
	expect(await seriesValue(register, "sse_run_duration_seconds_count")).toBe(2);
	await runs.close();
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

it("100,000 clients and groups change nothing in the number of series", async () => {
	const count = sizeOf({ usual: 5_000, long: 100_000 });
	const sse = createFetchService({ maxConnections: 10 });
	const register = new Registry();
	prometheusMetrics({ service: sse, register, groups: ["named"] });
	const visit = async (id: number): Promise<void> => {
		const request = new Request("http://127.0.0.1/events");
		const { connection } = respond(request, {
			service: sse,
			clientId: `client ${id}`,
			groups: [`group ${id}`, "named"],
		});
		sse.send({ group: `group ${id}` }, "hello");
		connection.close();
	};
	await visit(0);
	const before = (await seriesOf(register)).length;
	for (let id = 1; id < count; id++) {
		await visit(id);
		if (id % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
	}
	expect(await seriesValue(register, "sse_connections_opened_total")).toBe(count);
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

it.each([undefined, [], {}, "sse"])("refuses %j as a service", (service) => {
	expect(() => prometheusMetrics({ service: service as unknown as SSEService })).toThrow(
		expect.objectContaining({ code: "ERR_SSE_INVALID_OPTION" }),
	);
});

async function serve(options: SSEServiceOptions = {}) {
	const sse = createSSEService({ heartbeatIntervalMs: 0, ...options });
	const register = new Registry();
	prometheusMetrics({ service: sse, register });
	const server = await startServer((req, res) => void sse.connect({ req, res }));
	const open = (headers: Record<string, string> = {}): Promise<TestStream> =>
		openStream(server.url, { headers });
	return { sse, register, open };
}
