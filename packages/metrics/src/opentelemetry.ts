/**
 * Metrics and spans for OpenTelemetry.
 *
 * @packageDocumentation
 */
import {
	type BatchObservableCallback,
	type Meter,
	metrics,
	type Observable,
} from "@opentelemetry/api";
import { readOptions } from "sse-service/engine";
import { type Backend, collect } from "./collect.js";
import { firstValuesOf, labelsOf, type Metric, openTelemetryName } from "./metrics.js";
import { having, MEASURED, type MetricsOptions } from "./options.js";

export type { MeasuredService, MetricsOptions } from "./options.js";
export { openTelemetrySpans, type SpansOptions } from "./spans.js";

/** What to measure, and with which meter. */
export interface OpenTelemetryOptions extends MetricsOptions {
	/** Default: `metrics.getMeter("sse-service")`, so set the global meter provider first. */
	readonly meter?: Meter | undefined;
}

/**
 * Measures a service. Call it before clients connect: it does not know the age of earlier connections.
 *
 * @returns a function that ends measuring
 * @throws `ERR_SSE_INVALID_OPTION`
 */
export function openTelemetryMetrics(options: OpenTelemetryOptions): () => void {
	const rules = {
		...MEASURED,
		meter: [undefined, having("createCounter", "a Meter of OpenTelemetry")],
	} as const;
	const { meter = metrics.getMeter("sse-service"), ...measured } =
		readOptions<OpenTelemetryOptions>(options, rules);
	const observed: [BatchObservableCallback, Observable][] = [];
	const backend: Backend = {
		read(metric, read) {
			const { name, config } = instrument(metric);
			const observable =
				metric.kind === "counter"
					? meter.createObservableCounter(name, config)
					: meter.createObservableGauge(name, config);
			const callback: BatchObservableCallback = (result) => {
				for (const [value, label] of read()) {
					result.observe(observable, value, labelsOf(metric, label));
				}
			};
			meter.addBatchObservableCallback(callback, [observable]);
			observed.push([callback, observable]);
		},
		counter(metric) {
			const { name, config } = instrument(metric);
			const counter = meter.createCounter(name, config);
			const firsts = metric.label === undefined ? [undefined] : firstValuesOf(metric);
			for (const value of firsts) counter.add(0, labelsOf(metric, value));
			return (value, label) => counter.add(value, labelsOf(metric, label));
		},
		histogram(metric) {
			const { name, config } = instrument(metric);
			const advice = { explicitBucketBoundaries: [...(metric.buckets ?? [])] };
			const histogram = meter.createHistogram(name, { ...config, advice });
			return (value, label) => histogram.record(value, labelsOf(metric, label));
		},
		end() {
			for (const [callback, observable] of observed.splice(0)) {
				meter.removeBatchObservableCallback(callback, [observable]);
			}
		},
	};
	return collect(measured, backend);
}

function instrument(metric: Metric) {
	const { name, unit } = openTelemetryName(metric);
	return { name, config: { description: metric.help, unit } };
}
