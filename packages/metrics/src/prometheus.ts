/**
 * Metrics in a registry of prom-client.
 *
 * @packageDocumentation
 */
import { Counter, Gauge, register as globalRegister, Histogram, type Registry } from "prom-client";
import { readOptions } from "sse-service/engine";
import { type Backend, collect } from "./collect.js";
import { firstValuesOf, labelsOf, type Metric } from "./metrics.js";
import { having, MEASURED, type MetricsOptions } from "./options.js";

export type { MeasuredService, MetricsOptions } from "./options.js";

/** What to measure, and where to register it. */
export interface PrometheusOptions extends MetricsOptions {
	/** Default: the global registry of prom-client. */
	readonly register?: Registry | undefined;
}

/**
 * Registers the metrics of a service. Call it before clients connect: it does not know the age of earlier connections.
 *
 * @returns a function that ends measuring and removes the metrics from the registry
 * @throws `ERR_SSE_INVALID_OPTION`, or what prom-client throws if the registry has one of the names already
 */
export function prometheusMetrics(options: PrometheusOptions): () => void {
	const rules = {
		...MEASURED,
		register: [undefined, having("getSingleMetric", "a Registry")],
	} as const;
	const { register = globalRegister, ...measured } = readOptions<PrometheusOptions>(options, rules);
	const names: string[] = [];
	const configOf = ({ name, help, label, aggregator = "sum" }: Metric) => {
		// prom-client refuses a name that is taken, and that metric stays.
		if (register.getSingleMetric(name) === undefined) names.push(name);
		const labelNames = label?.slice(0, 1) ?? [];
		return { name, help, labelNames, aggregator, registers: [register] };
	};
	const backend: Backend = {
		read(metric, read) {
			const config = configOf(metric);
			if (metric.kind === "counter") {
				new Counter({
					...config,
					collect() {
						this.reset();
						for (const [total, label] of read()) this.inc(labelsOf(metric, label), total);
					},
				});
			} else {
				new Gauge({
					...config,
					collect() {
						this.reset();
						for (const [value, label] of read()) this.set(labelsOf(metric, label), value);
					},
				});
			}
		},
		counter(metric) {
			const counter = new Counter(configOf(metric));
			for (const value of firstValuesOf(metric)) counter.inc(labelsOf(metric, value), 0);
			return (value, label) => counter.inc(labelsOf(metric, label), value);
		},
		histogram(metric) {
			const histogram = new Histogram({
				...configOf(metric),
				buckets: [...(metric.buckets ?? [])],
			});
			for (const value of firstValuesOf(metric)) histogram.zero(labelsOf(metric, value));
			return (value, label) => histogram.observe(labelsOf(metric, label), value);
		},
		end() {
			for (const name of names.splice(0)) register.removeSingleMetric(name);
		},
	};
	return collect(measured, backend);
}
