/** The rows and panels of the dashboard. */
import { METRICS as M, type Metric } from "../metrics.js";
import { quantile, rate } from "./queries.js";

export interface Panel {
	readonly title: string;
	readonly unit: string;
	/** Legend and query. */
	readonly queries: readonly (readonly [legend: string, expr: string])[];
	readonly kind?: "stat";
}

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
export const ROWS: readonly (readonly [title: string, panels: readonly Panel[]])[] = [
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
			rates("Reconnected, by what they received", "ops", M.resumes),
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
