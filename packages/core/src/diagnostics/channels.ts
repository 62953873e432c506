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
	drop: channel("drop"),
	resume: channel("resume"),
	error: channel("error"),
	drain: channel("drain"),
};
