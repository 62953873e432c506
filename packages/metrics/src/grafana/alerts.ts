/**
 * The alerts of Prometheus, from the list of metrics. The test writes them to the folder `grafana`; they are not part of the build.
 */
import { METRICS as M } from "../metrics.js";
import { increase, quantile } from "./queries.js";

/** An alerting rule of Prometheus. */
export interface Alert {
	readonly name: string;
	readonly expr: string;
	/** How long the expression must hold, as a Prometheus duration. */
	readonly for: string;
	readonly severity: "critical" | "warning";
	readonly summary: string;
	/** What to do, for the README and the annotation. */
	readonly react: string;
}

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
