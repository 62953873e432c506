/**
 * The README, read to the letter.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, openStream, startServer } from "@sse-service/testing";
import { codeOf, readMarkdown } from "@sse-service/testing/markdown";
import { describeReadmes } from "@sse-service/testing/readme";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { ALERTS } from "../src/grafana/alerts.js";
import { METRICS, type Metric } from "../src/metrics.js";

const PACKAGE = join(import.meta.dirname, "..");
const LINKED = [
	"@opentelemetry/api",
	"@opentelemetry/exporter-prometheus",
	"@opentelemetry/instrumentation-http",
	"@opentelemetry/sdk-metrics",
	"@opentelemetry/sdk-trace",
	"@sentry/node",
	"morgan",
	"pino-http",
	"prom-client",
];

/** What the program with Sentry has sent to it: a receiver on this machine. */
let received = "";

beforeAll(async () => {
	const sentry = await startServer((req, res) => {
		req.setEncoding("utf8").on("data", (part) => {
			received += part;
		});
		req.on("end", () => res.end("{}"));
	});
	vi.stubEnv("SENTRY_DSN", sentry.url.replace("http://", "http://key@").concat("/1"));
	return async () => {
		vi.unstubAllEnvs();
		await sentry.destroy();
	};
});

const read = async (url: string): Promise<string> => (await fetch(url)).text();

const { table } = describeReadmes({
	files: [join(PACKAGE, "README.md")],
	project: {
		packages: ["@sse-service/metrics"],
		linked: Object.fromEntries(LINKED.map((name) => [name, join(PACKAGE, "node_modules", name)])),
	},
	programs: {
		"server.mjs": async ({ url }) => {
			const stream = await openStream(`${url}/events`);
			const text = await read(`${url}/metrics`);
			expect(text).toContain("\nsse_connections 1\n");
			expect(text).toContain('\nsse_group_connections{group="news"} 1\n');
			stream.abort();
			await eventually(async () =>
				(await read(`${url}/metrics`)).includes(
					'\nsse_connections_closed_total{reason="client"} 1\n',
				),
			);
		},
		"traced.mjs": async (program) => {
			const { url } = program;
			const stream = await openStream(`${url}/events`);
			await read(`${url}/publish`);
			await stream.take(1);
			expect(await read(`${url}/metrics`)).toMatch(/^sse_connections_opened_total\S* 1$/m);
			await eventually(() => program.printed.some((line) => line.includes("sse deliver")));
			expect(program.printed.join("\n")).toContain("sse publish");
		},
		"http.cjs": async ({ url }) => {
			const stream = await openStream(`${url}/events`);
			stream.abort();
			expect(await read(url)).toBe("hello");
			const counted = (text: string): number =>
				Array.from(text.matchAll(/^http_server_request_duration_\w*count\{.*\} (\d+)$/gm)).reduce(
					(sum, [, count]) => sum + Number(count),
					0,
				);
			// The greeting and the earlier questions for metrics, and not the stream.
			let asked = 0;
			await eventually(async () => {
				asked++;
				return counted(await read(`${url}/metrics`)) === asked;
			});
			expect(counted(await read(`${url}/metrics`))).toBe(asked + 1);
		},
		"logged.mjs": async (program) => {
			const { url } = program;
			const stream = await openStream(`${url}/events`);
			await program.untilPrinted(1);
			stream.abort();
			await program.untilPrinted(2);
			await read(url);
			await program.untilPrinted(3);
			const lines = program.printed.map((line) => JSON.parse(line));
			expect(lines.map(({ msg }) => msg)).toEqual([
				"stream opened",
				"stream closed",
				"request completed",
			]);
			expect(lines[1]).toMatchObject({ client: "ada", reason: "client" });
			expect(lines[2].req.url).toBe("/");
		},
		"morgan.mjs": async (program) => {
			const { url } = program;
			const stream = await openStream(`${url}/events`);
			await program.untilPrinted(1);
			stream.abort();
			await program.untilPrinted(2);
			await read(url);
			await program.untilPrinted(3);
			expect(program.printed.slice(0, 2)).toEqual([
				"stream of ada opened",
				"stream of ada closed: client",
			]);
			expect(program.printed[2]).toMatch(/^GET \/ 200 /);
		},
		"sentry.cjs": async ({ url }) => {
			received = "";
			const good = await openStream(`${url}/events/ada`);
			good.abort();
			await openStream(`${url}/events/nobody`);
			await read(`${url}/greeting`);
			await eventually(() => received.includes("/greeting") && received.includes("without a name"));
			expect(received).toContain('"stage":"onConnect"');
			// Every span of a request has the path. The error has its request, and is no span.
			const spans = received.split("\n").filter((line) => line.includes('"items":['));
			expect(spans.join()).toContain("/greeting");
			expect(spans.join()).not.toContain("/events");
		},
	},
});

describe("the tables", () => {
	it("metrics: the list, in its order", () => {
		const metrics: readonly Metric[] = Object.values(METRICS);
		expect(table("metrics").rows).toEqual(
			metrics.map(({ name, kind, label = [], help }) => {
				const [of, ...values] = label.map((each) => `\`${each}\``);
				const shown =
					of === undefined ? "" : `${of}${values.length > 0 ? `: ${values.join(", ")}` : ""}`;
				return [`\`${name}\``, kind, shown, help];
			}),
		);
	});

	const GUIDE = join(PACKAGE, "../core/docs/operations.md");
	const guide = readFileSync(GUIDE, "utf8");
	const tables = readMarkdown(GUIDE).tables;
	const known: readonly Metric[] = Object.values(METRICS);
	const rowsOf = (name: string): readonly (readonly string[])[] =>
		tables.find(({ marker }) => marker === `table: ${name}`)?.rows ?? [];
	/** Metrics in a cell: their names, and the label and value of those that have one. */
	const metricsIn = (cell: string) =>
		Array.from(
			cell.matchAll(/`(sse_\w+)(?:\{(\w+)!?="(\w+)"\})?`/g),
			([, name = "", label, value = ""]) => ({ name, label, value }),
		);

	it("the operations guide names no other metrics, labels or values", () => {
		const named = metricsIn(guide);
		expect(new Set(named.map(({ name }) => name)).size).toBeGreaterThan(15);
		for (const { name, label, value } of named) {
			const metric = known.find((each) => each.name === name);
			expect(metric, name).toBeDefined();
			if (label === undefined) continue;
			const [of, ...values] = metric?.label ?? [];
			expect([name, label]).toEqual([name, of]);
			// The codes of errors appear when they occur.
			if (!value.startsWith("ERR_SSE_")) expect(values, name).toContain(value);
		}
		// Not in any other form, which would be skipped above.
		expect(named.length).toBe(Array.from(guide.matchAll(/`sse_/g)).length);
	});

	it("beside each loss is the metric that shows it, but for what only the engine can show, and for what loses nothing", () => {
		const rows = rowsOf("losses");
		expect(rows.length).toBeGreaterThan(15);
		const unwatched = rows.filter(([, , , watch = ""]) => metricsIn(watch).length === 0);
		expect(unwatched.map(([what, , , watch]) => [what, watch])).toEqual([
			["Redis evicts idempotency keys", "`evicted_keys` of Redis"],
			["the clock of a process differs from the engine's", ""],
		]);
	});

	it("every metric is beside a loss or in what to monitor, but for those of the load", () => {
		const cells = [...rowsOf("losses"), ...rowsOf("monitor")].flat();
		const watched = new Set(metricsIn(cells.join(" ")).map(({ name }) => name));
		const { clients, groups, opened, duration, events, bytes, ...others } = METRICS;
		const { runs, runsStarted, runDuration, groupConnections, groupEvents } = others;
		const load: readonly Metric[] = [
			...[clients, groups, opened, duration, events, bytes],
			...[runs, runsStarted, runDuration, groupConnections, groupEvents],
		];
		const missing = known.filter((metric) => !watched.has(metric.name));
		expect(missing).toEqual(known.filter((metric) => load.includes(metric)));
	});

	it("alerts: the rules, in their order", () => {
		expect(table("alerts").rows).toEqual(
			ALERTS.map(({ name, summary, react }) => [`\`${name}\``, summary, react]),
		);
		expect(table("alerts").rows.flatMap(([name = ""]) => codeOf(name))).toHaveLength(ALERTS.length);
	});
});
