/**
 * The Prometheus of this example, if this machine has one: it reads the metrics of every process each second, and evaluates the
 * alerts of `@sse-service/metrics`. Without it, everything else works.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createProgram, freePort } from "example-shared/program";

/** @typedef {{ isUp: boolean, url: string | undefined, pid: number | undefined, missing: string | undefined }} PrometheusState `missing`: why there is none. */

const FILE = process.env.SSE_PROMETHEUS ?? "prometheus";
const PACKAGE = import.meta.resolve("@sse-service/metrics/package.json");
const RULES = fileURLToPath(new URL("./grafana/alerts.yml", PACKAGE));
const DASHBOARD = fileURLToPath(new URL("./grafana/dashboard.json", PACKAGE));

/** The dashboard for Grafana, whose queries the page asks. */
export const dashboard = () => readFile(DASHBOARD);

/** @param {() => void} onChange It is up, or there is none. */
export function createPrometheus(onChange) {
	const program = createProgram(FILE || "/nowhere", "prometheus", () => {
		isUp = false;
		onChange();
	});
	let isUp = false;
	let isEnded = false;
	/** @type {string | undefined} */
	let url;
	/** @type {string | undefined} */
	let missing;
	/** Whom it reads. */
	let known = "";
	let writing = Promise.resolve();

	/** Never rejects. */
	async function start() {
		try {
			const port = await freePort();
			const configuration = {
				global: { scrape_interval: "1s", evaluation_interval: "1s" },
				rule_files: [RULES],
				scrape_configs: [
					{
						job_name: "cluster",
						file_sd_configs: [{ files: [join(program.folder, "targets.json")] }],
					},
				],
			};
			await writeFile(join(program.folder, "prometheus.yml"), JSON.stringify(configuration));
			const args = [
				`--config.file=${join(program.folder, "prometheus.yml")}`,
				`--storage.tsdb.path=${join(program.folder, "data")}`,
				`--web.listen-address=127.0.0.1:${port}`,
			];
			await program.start(args, "Server is ready to receive web requests");
			url = `http://127.0.0.1:${port}`;
			isUp = true;
		} catch (error) {
			missing = /** @type {Error} */ (error).message;
		}
		onChange();
	}

	return {
		start,
		/** Whom to read. @param {readonly { name: string, port: number }[]} processes */
		watch(processes) {
			const targets = processes.map(({ name, port }) => ({
				targets: [`127.0.0.1:${port}`],
				labels: { instance: name },
			}));
			const text = JSON.stringify(targets);
			if (isEnded || text === known) return;
			known = text;
			const file = join(program.folder, "targets.json");
			// It must never read half of it.
			writing = writing
				.then(() => writeFile(`${file}.new`, text))
				.then(() => rename(`${file}.new`, file))
				.catch((error) => {
					missing = error.message;
				});
		},
		async end() {
			isEnded = true;
			await writing;
			await program.end();
		},
		/** @returns {PrometheusState} */
		look: () => ({ isUp, url, pid: program.pid, missing }),
	};
}
