/**
 * A registry that refuses one of the names. It used to keep those before it, and their subscriptions, so that a second attempt
 * failed as well.
 */
import { channel } from "node:diagnostics_channel";
import { Counter, Registry } from "prom-client";
import { createSSEService } from "sse-service";
import { expect, it } from "vitest";
import { METRICS } from "../src/metrics.js";
import { prometheusMetrics } from "../src/prometheus.js";

const CHANNELS = [
	"sse-service:connection:open",
	"sse-service:gap",
	"tracing:sse-service:publish:start",
];

/** How many subscribers look at a message of another service, on each channel. Other tests of this process leave some. */
function subscribers(): number[] {
	return CHANNELS.map((name) => {
		let reads = 0;
		channel(name).publish({
			get service() {
				reads++;
				return "another";
			},
		});
		return reads;
	});
}

it("a registry with one of the names keeps its own metric and gets none of ours, and nothing stays subscribed", () => {
	const before = subscribers();
	const register = new Registry();
	const { name } = METRICS.groupEvents;
	const own = new Counter({ name, help: "of the application", registers: [register] });
	const options = { service: createSSEService(), register, groups: ["a"] };
	expect(() => prometheusMetrics(options)).toThrow(name);
	expect(register.getMetricsAsArray()).toEqual([own]);
	expect(subscribers()).toEqual(before);
	register.removeSingleMetric(name);
	const stop = prometheusMetrics(options);
	expect(subscribers()).toEqual(before.map((count) => count + 1));
	stop();
	expect(subscribers()).toEqual(before);
});
