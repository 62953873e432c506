/**
 * The channels on which a service publishes what happens, with `node:diagnostics_channel`. A channel without a subscriber costs
 * nothing. Two copies of this package in one process share the channels, which are identified by name.
 *
 * @see https://nodejs.org/api/diagnostics_channel.html
 */
import type { Channel } from "node:diagnostics_channel";

// Looked up, not imported: other runtimes may lack the module. Then nothing is published.
const diagnostics = globalThis.process?.getBuiltinModule?.("node:diagnostics_channel");

function channel(name: string): Channel | undefined {
	return diagnostics?.channel(`sse-service:${name}`);
}

export const channels = {
	open: channel("connection:open"),
	close: channel("connection:close"),
	send: channel("send"),
	deliver: channel("deliver"),
	drop: channel("drop"),
	resume: channel("resume"),
	gap: channel("gap"),
	append: channel("log:append"),
	lag: channel("log:lag"),
	outage: channel("log:outage"),
	signal: channel("log:signal"),
	error: channel("error"),
	drain: channel("drain"),
	runStart: channel("run:start"),
	runFollow: channel("run:follow"),
	runEnd: channel("run:end"),
	runError: channel("run:error"),
};

/** Returns a channel that somebody listens to. What follows `?.` is then not evaluated without a subscriber. */
export function heard(channel: Channel | undefined): Channel | undefined {
	return channel?.hasSubscribers ? channel : undefined;
}

/** Traces `publish`: the channels `tracing:sse-service:publish:start`, `end`, `asyncStart`, `asyncEnd` and `error`. */
export const tracing = diagnostics?.tracingChannel?.<unknown, PublishTrace>("sse-service:publish");

/** The message of the tracing channels. Node adds `result` or `error`. */
export interface PublishTrace {
	readonly service: object;
	/** As passed to `publish`. */
	readonly target: unknown;
	readonly options: object | undefined;
	/** A subscriber of `start` may set it. It is kept with the event, and every process publishes it with the delivery. */
	traceparent?: unknown;
}
