/**
 * The dashboard of Grafana, from its panels. The test writes it to the folder `grafana`; it is not part of the build.
 */
import { METRICS as M } from "../metrics.js";
import { ROWS } from "./panels.js";

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
