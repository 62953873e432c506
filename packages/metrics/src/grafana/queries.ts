/** Queries of Prometheus over the metrics. */
import type { Metric } from "../metrics.js";

export const quantile = (of: number, { name }: Metric): string =>
	`histogram_quantile(${of}, sum by (le) (rate(${name}_bucket[5m])))`;

export const increase = ({ name }: Metric, by: string, where = ""): string =>
	`sum by (${by}) (increase(${name}${where}[5m]))`;

export const rate = ({ name, label }: Metric): string => {
	const [by] = label ?? [];
	const sum = by === undefined ? "sum" : `sum by (${by})`;
	return `${sum} (rate(${name}[$__rate_interval]))`;
};
