/**
 * What a registry exposes, read from its text as Prometheus reads it.
 */
import type { Registry } from "prom-client";

/** The series, each as `name{labels} value`. */
export async function seriesOf(register: Registry): Promise<string[]> {
	const text = await register.metrics();
	return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

/** The series that tests have read. */
export const readSeries = new Set<string>();

/** The value of a series by its name, and by the value of its label, if it has one. */
export async function seriesValue(
	register: Registry,
	name: string,
	label?: string,
): Promise<number | undefined> {
	readSeries.add(name);
	for (const line of await seriesOf(register)) {
		const [, of, value = "", number] = /^(\w+)(?:\{\w+="([^"]*)"\})? (\S+)$/.exec(line) ?? [];
		if (of === name && value === (label ?? "")) return Number(number);
	}
	return undefined;
}
