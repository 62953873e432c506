/**
 * The list of metrics. Their names, help, labels and buckets, the dashboard, the alerts and the table of the README all come
 * from here.
 */

/** One metric, by its name in Prometheus. */
export interface Metric {
	readonly name: `sse_${string}`;
	readonly kind: "gauge" | "counter" | "histogram";
	readonly help: string;
	/** The label, then the values that it has from the start; others appear when they occur. */
	readonly label?: readonly string[];
	/** How prom-client joins the workers of a cluster. Default `sum`. */
	readonly aggregator?: "sum" | "min" | "max";
	/** Upper bounds, in seconds. For histograms. */
	readonly buckets?: readonly number[];
}

/** From a tenth of a millisecond, for what should take about one. */
const SHORT = [
	0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
/** From a second to a day, for streams and runs. */
const LONG = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400];

const GAPS = ["expired", "epoch", "diverged", "invalid", "slow"] as const;

export const METRICS = {
	connections: { name: "sse_connections", kind: "gauge", help: "Connections open now" },
	clients: { name: "sse_clients", kind: "gauge", help: "Clients with an open connection now" },
	groups: { name: "sse_groups", kind: "gauge", help: "Groups with a connection now" },
	opened: {
		name: "sse_connections_opened_total",
		kind: "counter",
		help: "Connections opened",
	},
	closed: {
		name: "sse_connections_closed_total",
		kind: "counter",
		help: "Connections ended, by close reason",
		label: [
			"reason",
			"client",
			"server",
			"slow",
			"shutdown",
			"age",
			"expired",
			"replaced",
			"poll",
			"head",
			"refused",
			"error",
		],
	},
	duration: {
		name: "sse_connection_duration_seconds",
		kind: "histogram",
		help: "How long ended connections were open",
		buckets: LONG,
	},
	events: {
		name: "sse_events_sent_total",
		kind: "counter",
		help: "Deliveries: an event handed to three connections counts three",
	},
	bytes: {
		name: "sse_bytes_sent_total",
		kind: "counter",
		help: "Bytes of event streams written, comments included",
	},
	buffered: {
		name: "sse_buffered_bytes",
		kind: "gauge",
		help: "Bytes that wait for slow clients, of all connections",
	},
	dropped: {
		name: "sse_dropped_total",
		kind: "counter",
		help: "Deliveries dropped, by cause",
		label: ["cause", "volatile", "drop-oldest", "drop-newest", "conflate"],
	},
	resumes: {
		name: "sse_resumes_total",
		kind: "counter",
		help: "Clients that reconnected with a last event ID, by what they received",
		label: ["outcome", "replayed", "recovered", ...GAPS],
	},
	gaps: {
		name: "sse_gaps_total",
		kind: "counter",
		help: "Gaps that clients were sent, by reason",
		label: ["reason", ...GAPS],
	},
	sendToWrite: {
		name: "sse_send_to_write_seconds",
		kind: "histogram",
		help: "How long an event took until it was written to all its connections",
		buckets: SHORT,
	},
	publish: {
		name: "sse_publish_duration_seconds",
		kind: "histogram",
		help: "How long publish took, by its outcome: stored, or an error code",
		label: ["outcome", "stored"],
		buckets: SHORT,
	},
	errors: {
		name: "sse_errors_total",
		kind: "counter",
		help: "Errors passed to onError, by stage",
		label: [
			"stage",
			"send",
			"log",
			"write",
			"recover",
			"handler",
			"pipe",
			"connect",
			"onConnect",
			"onDisconnect",
			"onDisconnectCb",
		],
	},
	historyEvents: {
		name: "sse_history_events",
		kind: "gauge",
		help: "Events that this process can replay from memory",
	},
	historyBytes: {
		name: "sse_history_bytes",
		kind: "gauge",
		help: "Memory of these events, in bytes",
	},
	ready: {
		name: "sse_ready",
		kind: "gauge",
		help: "1 if new clients should be routed to this process, or 0",
		aggregator: "min",
	},
	behind: {
		name: "sse_log_behind",
		kind: "gauge",
		help: "Events in the shared log that this process has not delivered yet",
		aggregator: "max",
	},
	append: {
		name: "sse_log_append_seconds",
		kind: "histogram",
		help: "How long the event log took to store an event, by outcome: stored, or an error code",
		label: ["outcome", "stored"],
		buckets: SHORT,
	},
	lag: {
		name: "sse_log_lag_seconds",
		kind: "histogram",
		help: "How long events of other processes took from the shared log to here",
		buckets: SHORT,
	},
	outages: {
		name: "sse_log_outages_total",
		kind: "counter",
		help: "Outages of the shared log",
	},
	runs: { name: "sse_runs", kind: "gauge", help: "Runs that this process produces now" },
	runsStarted: {
		name: "sse_runs_started_total",
		kind: "counter",
		help: "Runs that this process has started",
	},
	runsEnded: {
		name: "sse_runs_ended_total",
		kind: "counter",
		help: "Runs that have ended here, by outcome: handedOver to another process, for example",
		label: ["outcome", "done", "failed", "cancelled", "handedOver"],
	},
	runDuration: {
		name: "sse_run_duration_seconds",
		kind: "histogram",
		help: "How long ended runs took",
		buckets: LONG,
	},
	groupConnections: {
		name: "sse_group_connections",
		kind: "gauge",
		help: "Connections open now, of the groups named in the option groups",
		label: ["group"],
	},
	groupEvents: {
		name: "sse_group_events_sent_total",
		kind: "counter",
		help: "Deliveries of events sent to the groups named in the option groups",
		label: ["group"],
	},
} as const satisfies Record<string, Metric>;

/**
 * The name and unit in OpenTelemetry. Its exporters for Prometheus derive the name above from these: all of them add `_total`;
 * only some add the unit, and those do not repeat one that the name ends with.
 */
export function openTelemetryName({ name }: Metric): {
	readonly name: string;
	readonly unit: string;
} {
	const unit = name.endsWith("_seconds") ? "s" : "";
	return { name: name.replace(/_total$/, "").replaceAll("_", "."), unit };
}

/** The label of a value. */
export function labelsOf({ label }: Metric, value?: string): Record<string, string> {
	const [name] = label ?? [];
	return name === undefined || value === undefined ? {} : { [name]: value };
}

/** The values that the label has from the start: a series that begins at 0 shows its first increase. */
export function firstValuesOf({ label }: Metric): readonly string[] {
	return label?.slice(1) ?? [];
}
