/**
 * OpenTelemetry, with its real SDK: what its exporter for Prometheus shows, and the spans of two processes' services.
 */
import { tracingChannel } from "node:diagnostics_channel";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import {
	InMemorySpanExporter,
	type ReadableSpan,
	SimpleSpanProcessor,
	TracerProvider,
} from "@opentelemetry/sdk-trace";
import { redisEventLog } from "@sse-service/redis";
import { eventually, openStream, startServer } from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { createClient } from "redis";
import { createSSEService } from "sse-service";
import { afterEach, describe, expect, it } from "vitest";
import { METRICS, type Metric } from "../src/metrics.js";
import {
	openTelemetryMetrics,
	openTelemetrySpans,
	type SpansOptions,
} from "../src/opentelemetry.js";

it("its exporter for Prometheus shows the names and figures of the list", async () => {
	const exporter = new PrometheusExporter({ preventServerStart: true });
	const provider = new MeterProvider({ readers: [exporter] });
	const sse = createSSEService({ history: true });
	const stop = openTelemetryMetrics({
		service: sse,
		meter: provider.getMeter("test"),
		groups: ["a"],
	});
	const server = await startServer((req, res) => {
		if (req.url === "/metrics") exporter.getMetricsRequestHandler(req, res);
		else sse.connect({ req, res, groupName: "a" });
	});
	const read = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text();
	const quiet = await read();
	for (const { name, kind } of Object.values(METRICS) as readonly Metric[]) {
		if (kind !== "histogram") expect(quiet).toContain(`# TYPE ${name} ${kind}`);
	}
	expect(quiet).toMatch(/^sse_group_events_sent_total\{[^}]*group="a"[^}]*\} 0$/m);
	expect(quiet).toMatch(/^sse_gaps_total\{[^}]*reason="expired"[^}]*\} 0$/m);
	const stream = await openStream(server.url);
	await sse.publish({ group: "a" }, "hello");
	await stream.take(1);
	await eventually(async () => /^sse_send_to_write_seconds_count\S* 1$/m.test(await read()));
	const text = await read();
	expect(text).toMatch(/^sse_connections(\{[^}]*\})? 1$/m);
	expect(text).toMatch(/^sse_connections_opened_total(\{[^}]*\})? 1$/m);
	expect(text).toMatch(/^sse_events_sent_total(\{[^}]*\})? 1$/m);
	expect(text).toMatch(/^sse_publish_duration_seconds_count\{[^}]*outcome="stored"[^}]*\} 1$/m);
	expect(text).toMatch(/^sse_group_events_sent_total\{[^}]*group="a"[^}]*\} 1$/m);
	const known: readonly Metric[] = Object.values(METRICS);
	const types = Object.fromEntries(known.map(({ name, kind }) => [name, kind]));
	const shown = Array.from(text.matchAll(/^# TYPE (sse_\w+) (\w+)$/gm), ([, name = "", kind]) => [
		name,
		kind,
	]);
	expect(shown.length).toBeGreaterThan(15);
	for (const [name = "", kind] of shown) expect(types[name], name).toBe(kind);
	stop();
	await provider.shutdown();
});

const closing: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

function traced(service?: SpansOptions["service"]): {
	readonly spans: (name: string) => ReadableSpan[];
} {
	const exporter = new InMemorySpanExporter();
	const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
	closing.push(openTelemetrySpans({ service, tracer: provider.getTracer("test") }));
	return {
		spans: (name) => exporter.getFinishedSpans().filter((span) => span.name === name),
	};
}

describe("spans", () => {
	it.skipIf(redisServerPath === undefined)(
		"link the delivery of another process to its publish, through Redis",
		async () => {
			const redis = await startRedisServer();
			closing.push(() => redis.stop());
			const services = await Promise.all(
				[0, 1].map(async () => {
					const client = createClient({ url: redis.url });
					await client.connect();
					closing.push(() => client.close());
					const sse = createSSEService({ eventLog: redisEventLog({ client, prefix: "test" }) });
					closing.push(() => sse.close());
					return sse;
				}),
			);
			const [sender, receiver] = services;
			if (sender === undefined || receiver === undefined) throw new Error("no services");
			await eventually(() => services.every((sse) => sse.health().ready));
			const server = await startServer((req, res) => void receiver.connect({ req, res }));
			const stream = await openStream(server.url);
			const { spans } = traced();
			const { id } = await sender.publish("all", "hello", { event: "news" });
			await stream.take(1);
			await eventually(() => spans("sse deliver").length === 1);
			const [published] = spans("sse publish");
			const [delivered] = spans("sse deliver");
			expect(published).toMatchObject({
				kind: SpanKind.PRODUCER,
				attributes: { "sse.event": "news", "messaging.message.id": id },
				status: { code: SpanStatusCode.UNSET },
			});
			expect(delivered).toMatchObject({
				kind: SpanKind.CONSUMER,
				attributes: { "sse.connections": 1 },
			});
			const { traceId, spanId } = published?.spanContext() ?? {};
			expect(delivered?.links).toMatchObject([{ context: { traceId, spanId, isRemote: true } }]);
			expect(delivered?.spanContext().traceId).not.toBe(published?.spanContext().traceId);
		},
	);

	it("are of the service, or the services, that are named", async () => {
		const [one, two, other] = [1, 2, 3].map(() => createSSEService({ history: true }));
		const all = [one, two, other].flatMap((each) => each ?? []);
		const ofOne = traced(one);
		const ofTwo = traced(all.slice(0, 2));
		for (const each of all) await each.publish("all", "x");
		expect(ofOne.spans("sse publish")).toHaveLength(1);
		expect(ofTwo.spans("sse publish")).toHaveLength(2);
		await Promise.all(all.map((each) => each.close()));
	});

	it("record why a publish failed", async () => {
		const sse = createSSEService({ history: true });
		await sse.close();
		const { spans } = traced();
		await expect(sse.publish("all", "late")).rejects.toMatchObject({
			code: "ERR_SSE_SERVICE_CLOSED",
		});
		expect(spans("sse publish")).toMatchObject([
			{ status: { code: SpanStatusCode.ERROR }, events: [{ name: "exception" }] },
		]);
	});

	it("record a publish that failed with anything at all", async () => {
		const sse = createSSEService({ history: true });
		const { spans } = traced();
		const publish = tracingChannel<unknown, object>("sse-service:publish");
		for (const thrown of [null, undefined, "text", Object.create(null)]) {
			await publish.tracePromise(() => Promise.reject(thrown), { service: sse }).catch(() => {});
		}
		expect(spans("sse publish").map(({ status }) => status)).toEqual([
			{ code: SpanStatusCode.ERROR, message: "Not an error: object" },
			{ code: SpanStatusCode.ERROR, message: "Not an error: undefined" },
			{ code: SpanStatusCode.ERROR, message: "Not an error: string" },
			{ code: SpanStatusCode.ERROR, message: "Not an error: object" },
		]);
		await sse.close();
	});

	it("cost nothing for what is not published, and end with the function that was returned", async () => {
		const sse = createSSEService({ history: true });
		const server = await startServer((req, res) => void sse.connect({ req, res }));
		const stream = await openStream(server.url);
		const { spans } = traced();
		sse.send("all", "not traced");
		for (const stop of closing.splice(0)) stop();
		await sse.publish("all", "after the end");
		await stream.take(2);
		expect([...spans("sse publish"), ...spans("sse deliver")]).toEqual([]);
		await sse.close();
	});
});
