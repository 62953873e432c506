/**
 * The dashboard of Grafana and the alerts of Prometheus, from the list of metrics. The test writes both to the folder
 * `grafana`; they are not part of the build.
 */
import { METRICS, type Metric } from "./metrics.js";

/** A rule of Prometheus. */
export interface Alert {
	readonly name: string;
	readonly expr: string;
	/** How long it must hold, in the words of Prometheus. */
	readonly for: string;
	readonly severity: "critical" | "warning";
	readonly summary: string;
	/** What to do, for the README and the annotation. */
	readonly react: string;
}

const M = METRICS;
const quantile = (of: number, { name }: Metric): string =>
	`histogram_quantile(${of}, sum by (le) (rate(${name}_bucket[5m])))`;
const increase = ({ name }: Metric, by: string, where = ""): string =>
	`sum by (${by}) (increase(${name}${where}[5m]))`;

export const ALERTS: readonly Alert[] = [
	{
		name: "SSENotReady",
		expr: `${M.ready.name} == 0`,
		for: "30s",
		severity: "critical",
		summary: "A process takes no new clients",
		react:
			"`sse.health().log.error` has the reason: the engine is unavailable, delivers nothing or accepts nothing. Not during a deploy",
	},
	{
		name: "SSELogBehind",
		expr: `${M.behind.name} > 1000`,
		for: "10s",
		severity: "critical",
		summary: "A process does not keep up with the event log",
		react: "look at its CPU and its connection to the engine",
	},
	{
		name: "SSEPublishFails",
		expr: `sum by (outcome) (increase(${M.publish.name}_count{outcome!="stored"}[5m])) > 0`,
		for: "0s",
		severity: "critical",
		summary: "Events are not stored",
		react: "the outcome is the error code: see the table of codes in the operations guide",
	},
	{
		name: "SSEGaps",
		expr: `${increase(M.gaps, "reason", '{reason=~"expired|epoch|diverged"}')} > 0`,
		for: "0s",
		severity: "warning",
		summary: "Clients were sent gaps",
		react:
			"`expired`: keep more (`history`, `maxEvents`). `epoch`, `diverged`: the engine lost events",
	},
	{
		name: "SSELogLag",
		expr: `${quantile(0.99, M.lag)} > 1`,
		for: "5m",
		severity: "warning",
		summary: "Events of other processes arrive late",
		react: "look at the engine and the network",
	},
	{
		name: "SSESlowFanOut",
		expr: `${quantile(0.99, M.sendToWrite)} > 1`,
		for: "5m",
		severity: "warning",
		summary: "Events take more than a second until they are written",
		react: "the process is overloaded: send less, or add processes",
	},
	{
		name: "SSESlowClients",
		expr: `sum(increase(${M.closed.name}{reason="slow"}[5m])) > 0.05 * sum(${M.connections.name})`,
		for: "5m",
		severity: "warning",
		summary: "Many clients do not read what they are sent",
		react: "send less, or use `volatile` and keys with `conflate`",
	},
	{
		name: "SSEUnbalanced",
		expr: `max(${M.connections.name}) > 3 * min(${M.connections.name}) and max(${M.connections.name}) > 100`,
		for: "15m",
		severity: "warning",
		summary: "One process has three times the connections of another",
		react: "balance by fewest connections (`leastconn`)",
	},
	{
		name: "SSEErrors",
		expr: `${increase(M.errors, "stage", '{stage!~"send|log"}')} > 0`,
		for: "5m",
		severity: "warning",
		summary: "Callbacks or middleware fail",
		react: "`onError` has the errors",
	},
];

/** The rules, as YAML: JSON strings are YAML, too. */
export function alertRules(): string {
	const lines = ["groups:", "  - name: sse-service", "    rules:"];
	for (const alert of ALERTS) {
		lines.push(
			`      - alert: ${alert.name}`,
			`        expr: ${JSON.stringify(alert.expr)}`,
			`        for: ${alert.for}`,
			`        labels: { severity: ${alert.severity} }`,
			"        annotations:",
			`          summary: ${JSON.stringify(alert.summary)}`,
			`          description: ${JSON.stringify(alert.react.replaceAll("`", ""))}`,
		);
	}
	return `${lines.join("\n")}\n`;
}

interface Panel {
	readonly title: string;
	readonly unit: string;
	/** Legend and query. */
	readonly queries: readonly (readonly [legend: string, expr: string])[];
	readonly kind?: "stat";
}

const rate = ({ name, label }: Metric): string => {
	const [by] = label ?? [];
	const sum = by === undefined ? "sum" : `sum by (${by})`;
	return `${sum} (rate(${name}[$__rate_interval]))`;
};
const legendOf = ({ label }: Metric): string =>
	label?.[0] === undefined ? "all" : `{{${label[0]}}}`;
const rates = (title: string, unit: string, metric: Metric): Panel => ({
	title,
	unit,
	queries: [[legendOf(metric), rate(metric)]],
});
const quantiles = (title: string, metric: Metric): Panel => ({
	title,
	unit: "s",
	queries: [0.5, 0.95, 0.99].map((of) => [
		`p${of * 100}`,
		quantile(of, metric).replace("[5m]", "[$__rate_interval]"),
	]),
});
const stat = (title: string, unit: string, expr: string): Panel => ({
	title,
	unit,
	kind: "stat",
	queries: [["", expr]],
});

/** The rows of the dashboard, each with its panels from left to right. */
const ROWS: readonly (readonly [title: string, panels: readonly Panel[]])[] = [
	[
		"Now",
		[
			stat("Connections", "short", `sum(${M.connections.name})`),
			stat("Clients", "short", `sum(${M.clients.name})`),
			stat("Deliveries a second", "ops", rate(M.events)),
			stat("Bytes a second", "Bps", rate(M.bytes)),
			stat("Waiting for slow clients", "bytes", `sum(${M.buffered.name})`),
			stat("Processes ready", "short", `sum(${M.ready.name})`),
		],
	],
	[
		"Connections",
		[
			{
				title: "Connections by process",
				unit: "short",
				queries: [["{{instance}}", M.connections.name]],
			},
			rates("Opened", "ops", M.opened),
			rates("Closed, by reason", "ops", M.closed),
			quantiles("How long they were open", M.duration),
		],
	],
	[
		"Delivery",
		[
			rates("Deliveries", "ops", M.events),
			quantiles("From send to write", M.sendToWrite),
			rates("Dropped, by cause", "ops", M.dropped),
			{
				title: "Waiting for slow clients",
				unit: "bytes",
				queries: [["{{instance}}", M.buffered.name]],
			},
			{
				title: "Connections of groups",
				unit: "short",
				queries: [["{{group}}", `sum by (group) (${M.groupConnections.name})`]],
			},
			rates("Deliveries to groups", "ops", M.groupEvents),
		],
	],
	[
		"Resume and the event log",
		[
			rates("Came back, by what they received", "ops", M.resumes),
			rates("Gaps, by reason", "ops", M.gaps),
			quantiles("Publish", M.publish),
			quantiles("From the log to here", M.lag),
			quantiles("Append", M.append),
			{ title: "Behind the log", unit: "short", queries: [["{{instance}}", M.behind.name]] },
			rates("Outages of the log", "ops", M.outages),
			{ title: "Kept in memory", unit: "bytes", queries: [["{{instance}}", M.historyBytes.name]] },
		],
	],
	[
		"Runs and errors",
		[
			{ title: "Runs", unit: "short", queries: [["{{instance}}", M.runs.name]] },
			rates("Ended, by outcome", "ops", M.runsEnded),
			quantiles("How long runs took", M.runDuration),
			rates("Errors, by stage", "ops", M.errors),
		],
	],
];

const WIDTH = 24;

/** The dashboard, for Grafana 10 and newer. It asks for a data source of Prometheus when it is imported. */
export function dashboard(): object {
	const panels: object[] = [];
	const datasource = { type: "prometheus", uid: "$" + "{datasource}" };
	let y = 0;
	for (const [title, row] of ROWS) {
		panels.push({
			type: "row",
			title,
			collapsed: false,
			panels: [],
			id: panels.length + 1,
			gridPos: { x: 0, y: y++, w: WIDTH, h: 1 },
		});
		const isStats = row.every(({ kind }) => kind === "stat");
		const [w, h] = isStats ? [WIDTH / row.length, 4] : [WIDTH / 2, 8];
		row.forEach(({ title: name, unit, kind, queries }, at) => {
			const x = (at * w) % WIDTH;
			panels.push({
				type: kind ?? "timeseries",
				title: name,
				id: panels.length + 1,
				datasource,
				gridPos: { x, y, w, h },
				fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
				options: kind === "stat" ? { graphMode: "area", colorMode: "none" } : {},
				targets: queries.map(([legendFormat, expr], index) => ({
					refId: String.fromCharCode(65 + index),
					datasource,
					expr: restrict(expr),
					legendFormat,
				})),
			});
			if (x + w >= WIDTH || at === row.length - 1) y += h;
		});
	}
	const variable = (name: string, label: string, query: string): object => ({
		name,
		label,
		type: "query",
		datasource,
		query,
		refresh: 2,
		includeAll: true,
		multi: true,
		current: { text: "All", value: "$__all" },
	});
	return {
		title: "Server-sent events (sse-service)",
		uid: "sse-service",
		tags: ["sse-service"],
		schemaVersion: 39,
		refresh: "10s",
		time: { from: "now-1h", to: "now" },
		templating: {
			list: [
				{ name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
				variable("job", "Job", `label_values(${M.connections.name}, job)`),
				variable(
					"instance",
					"Process",
					`label_values(${M.connections.name}{job=~"$job"}, instance)`,
				),
			],
		},
		panels,
	};
}

/** The same query, for the processes that were selected. */
function restrict(expr: string): string {
	return expr.replace(/\bsse_\w+/g, (name) => `${name}{job=~"$job", instance=~"$instance"}`);
}
