/**
 * The dashboard of `@sse-service/metrics`, which Grafana imports, drawn here: its panels ask their queries of Prometheus. Only those
 * in view do.
 */
import { clone, updateList, within } from "/shared/elements.js";
import { createPanel } from "./graph.js";

/**
 * @import { Line } from "./graph.js"
 *
 * @typedef {{ type: string, title: string, targets: { expr: string, legendFormat: string }[], fieldConfig: { defaults: { unit: string } } }} GrafanaPanel
 * @typedef {{ labels: Record<string, string>, annotations: Record<string, string>, state: string }} Alert
 */

const SPAN_SECONDS = 300;
const STEP_SECONDS = 2;

/** @param {Element} parent */
export function createDashboard(parent) {
	/** @type {Set<() => Promise<void>>} */
	const inView = new Set();
	/** @type {WeakMap<Element, () => Promise<void>>} */
	const readers = new WeakMap();
	const observer = new IntersectionObserver((entries) => {
		for (const { target, isIntersecting } of entries) {
			const read = readers.get(target);
			if (read !== undefined) inView[isIntersecting ? "add" : "delete"](read);
		}
	});
	const made = make().catch(() => {});

	async function make() {
		/** @type {{ panels: GrafanaPanel[] }} */
		const { panels } = await (await fetch("/dashboard.json")).json();
		let row = clone("panel-row");
		for (const { type, title, targets, fieldConfig } of panels) {
			if (type === "row") {
				row = clone("panel-row");
				within(row, "h3").textContent = title;
				parent.append(row);
				continue;
			}
			const panel = createPanel(within(row, "ul"), title, fieldConfig.defaults.unit);
			panel.element.dataset.kind = type;
			readers.set(panel.element, async () => {
				const lines = await Promise.all(targets.map(query));
				if (lines.every((each) => each !== undefined)) panel.draw(lines.flat());
			});
			observer.observe(panel.element);
		}
	}

	return {
		/** @returns what is wrong, if anything */
		async read() {
			await made;
			const [alerts] = await Promise.all([
				ask("alerts", {}),
				...Array.from(inView, (read) => read()),
			]);
			if (alerts === undefined) return "Prometheus does not answer: this process may have ended.";
			showAlerts(alerts.alerts);
			return "";
		},
	};
}

/** @param {GrafanaPanel["targets"][number]} target @returns {Promise<Line[] | undefined>} */
async function query({ expr, legendFormat }) {
	const end = Math.floor(Date.now() / 1_000);
	const found = await ask("query_range", {
		query: expr
			.replaceAll("$__rate_interval", "10s")
			.replaceAll("$job", ".+")
			.replaceAll("$instance", ".+"),
		start: String(end - SPAN_SECONDS),
		end: String(end),
		step: String(STEP_SECONDS),
	});
	/** @type {{ metric: Record<string, string>, values: [number, string][] }[] | undefined} */
	const result = found?.result;
	return result?.map(({ metric, values }) => ({
		name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label) => metric[label] ?? ""),
		points: values.flatMap(([t, value]) => (value === "NaN" ? [] : [[t, Number(value)]])),
	}));
}

/** @param {string} what @param {Record<string, string>} params */
async function ask(what, params) {
	const answer = await fetch(`/prometheus/${what}?${new URLSearchParams(params)}`).catch(
		() => undefined,
	);
	return answer?.ok ? (await answer.json()).data : undefined;
}

/** @param {readonly Alert[]} alerts */
function showAlerts(alerts) {
	const none = {
		labels: { alertname: "None" },
		annotations: { summary: "All rules are satisfied." },
		state: "good",
	};
	updateList(
		within(document, "#alerts"),
		"alert-row",
		alerts.length > 0 ? alerts : [none],
		({ labels }) => JSON.stringify(labels),
		(row, { labels, annotations, state }) => {
			row.dataset.state = state;
			row.title = annotations.description ?? "";
			within(row, "b").textContent = labels.alertname ?? "";
			within(row, ".standing").textContent = state === "good" ? "" : state;
			const where = labels.instance ?? labels.reason ?? labels.outcome;
			within(row, ".words").textContent =
				`${annotations.summary ?? ""}${where ? ` (${where})` : ""}`;
		},
	);
}
