// The same with everything that one can watch it with: metrics that are scraped, spans that are kept, and an inspector
// whose page is open. Prometheus and the page are a process of their own, whose CPU is not counted.

import { fork } from "node:child_process";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { publishingOn } from "./sse-service-publishing.js";

export { wire } from "./sse-service-publishing.js";

const WATCHER = fileURLToPath(new URL("../inspector/watcher-process.js", import.meta.url));

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const [service, prometheus, opentelemetry, { inspector }, { Registry }, tracing] =
		await Promise.all([
			import("sse-service"),
			import("@sse-service/metrics/prometheus"),
			import("@sse-service/metrics/opentelemetry"),
			import("@sse-service/inspector"),
			import("prom-client"),
			import("@opentelemetry/sdk-trace"),
		]);
	const sse = service.createSSEService({ heartbeatIntervalMs: 0, history: true });
	const register = new Registry();
	prometheus.prometheusMetrics({ service: sse, register });
	const exporter = new tracing.InMemorySpanExporter();
	// Kept as long as an exporter has them, and not longer.
	setInterval(() => exporter.reset(), 1_000).unref();
	const provider = new tracing.TracerProvider({
		spanProcessors: [new tracing.SimpleSpanProcessor({ exporter })],
	});
	opentelemetry.openTelemetrySpans({ tracer: provider.getTracer("bench") });
	const inspect = inspector(sse, { loopbackOnly: true });
	const server = createServer(async (req, res) => {
		if (!inspect(req, res)) res.end(await register.metrics());
	});
	await new Promise((resolve) => {
		server.listen(0, "127.0.0.1", () => resolve(undefined));
	});
	const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
	const watcher = fork(WATCHER, [`http://127.0.0.1:${port}`]);
	await new Promise((resolve) => watcher.once("message", resolve));
	return publishingOn(sse, onConnection);
}
