/**
 * The dashboard and the alerts: written from the list of metrics, and asked of a real Prometheus that scrapes a real process.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, openStream, startServer } from "@sse-service/testing";
import { startServerProcess } from "@sse-service/testing/server-process";
import { Registry } from "prom-client";
import { createSSEService } from "sse-service";
import { expect, it } from "vitest";
import { findProgram } from "../../../.ci/programs.mjs";
import { alertRules } from "../src/grafana/alerts.js";
import { dashboard } from "../src/grafana/dashboard.js";
import { METRICS, type Metric } from "../src/metrics.js";
import { prometheusMetrics } from "../src/prometheus.js";

const FOLDER = join(import.meta.dirname, "../grafana");
const prometheus = findProgram("prometheus");

interface Panel {
	readonly title: string;
	readonly targets?: readonly { readonly expr: string }[];
}

const { panels } = dashboard() as { readonly panels: readonly Panel[] };
const queries = panels.flatMap(({ title, targets = [] }) =>
	targets.map(({ expr }): [string, string] => [title, expr]),
);

// To write them again: pnpm --filter @sse-service/metrics test -u
it("the files are what is made of the list", async () => {
	await expect(`${JSON.stringify(dashboard(), null, "\t")}\n`).toMatchFileSnapshot(
		join(FOLDER, "dashboard.json"),
	);
	await expect(alertRules()).toMatchFileSnapshot(join(FOLDER, "alerts.yml"));
});

it("every metric is on the dashboard or in an alert", () => {
	const text = queries.map(([, expr]) => expr).join("\n") + alertRules();
	const metrics: readonly Metric[] = Object.values(METRICS);
	const missing = metrics.filter(({ name }) => !new RegExp(`\\b${name}(_bucket)?\\b`).test(text));
	// What others on it show as well: how many there are, and what began before it ended.
	expect(missing.map(({ name }) => name)).toEqual([
		"sse_groups",
		"sse_history_events",
		"sse_runs_started_total",
	]);
});

it.skipIf(prometheus === undefined)("promtool accepts the rules", () => {
	const output = execFileSync("promtool", ["check", "rules", join(FOLDER, "alerts.yml")], {
		encoding: "utf8",
	});
	expect(output).toContain("SUCCESS");
});

it.skipIf(prometheus === undefined)(
	"a real Prometheus scrapes the metrics, evaluates every alert, and answers every query of the dashboard",
	async () => {
		const sse = createSSEService({ history: true });
		const register = new Registry();
		prometheusMetrics({ service: sse, register, groups: ["news"] });
		const app = await startServer(async (req, res) => {
			if (req.url !== "/metrics") sse.connect({ req, res, groupName: "news" });
			else res.setHeader("Content-Type", register.contentType).end(await register.metrics());
		});
		const streams = [await openStream(`${app.url}/1`), await openStream(`${app.url}/2`)];
		await sse.publish({ group: "news" }, "hello");
		for (const stream of streams) await stream.take(1);
		const configuration = join(mkdtempSync(join(tmpdir(), "sse-prometheus-")), "prometheus.yml");
		const target = new URL(app.url).host;
		writeFileSync(
			configuration,
			JSON.stringify({
				global: { scrape_interval: "1s", evaluation_interval: "1s" },
				rule_files: [join(FOLDER, "alerts.yml")],
				scrape_configs: [{ job_name: "sse", static_configs: [{ targets: [target] }] }],
			}),
		);
		const server = await startServerProcess({
			path: prometheus ?? "",
			scheme: "http",
			args: (port, folder) => [
				`--config.file=${configuration}`,
				`--storage.tsdb.path=${folder}`,
				`--web.listen-address=127.0.0.1:${port}`,
			],
			greeting: "GET /-/ready HTTP/1.0\r\n\r\n",
			answer: /200 OK/,
		});
		try {
			const ask = async (path: string): Promise<{ status: string; data: never }> =>
				(await fetch(`${server.url}/api/v1/${path}`)).json() as never;
			const query = async (expr: string): Promise<{ value: [number, string] }[]> => {
				const params = new URLSearchParams({ query: expr });
				const { status, data } = await ask(`query?${params}`);
				expect(status, expr).toBe("success");
				return (data as { result: { value: [number, string] }[] }).result;
			};
			await eventually(async () => (await query("sse_connections"))[0]?.value[1] === "2");
			expect((await query("sse_events_sent_total"))[0]?.value[1]).toBe("2");
			expect((await query('sse_group_connections{group="news"}'))[0]?.value[1]).toBe("2");
			const rules = async (): Promise<{ name: string; health: string; state: string }[]> => {
				const { data } = await ask("rules?type=alert");
				return (data as { groups: { rules: never[] }[] }).groups.flatMap((group) => group.rules);
			};
			await eventually(async () => (await rules()).every(({ health }) => health === "ok"));
			expect((await rules()).filter(({ state }) => state !== "inactive")).toEqual([]);
			for (const [, expr] of queries) {
				await query(
					expr
						.replaceAll("$__rate_interval", "1m")
						.replaceAll("$job", ".+")
						.replaceAll("$instance", ".+"),
				);
			}
			// Who takes no new clients is reported.
			await sse.close();
			await eventually(async () => (await query("sse_ready"))[0]?.value[1] === "0");
			await eventually(async () =>
				(await rules()).some(({ name, state }) => name === "SSENotReady" && state !== "inactive"),
			);
		} finally {
			await server.stop();
			await app.destroy();
		}
	},
);
