// The rows of the core: sending, connecting, memory and delays.

import {
	BARE_HTTP,
	BARE_RESPONSE,
	BARE_SOCKET,
	BETTER_SSE,
	OURS,
	OURS_OBSERVED,
	OURS_PUBLISHING,
} from "../implementations/index.js";
import { broadcast } from "../workloads/broadcast.js";
import { burst } from "../workloads/burst.js";
import { connect } from "../workloads/connect.js";
import { fanOutDelay } from "../workloads/fan-out-delay.js";
import { growth } from "../workloads/growth.js";
import { idle } from "../workloads/idle.js";
import { json1k } from "../workloads/json-1k.js";
import { observed } from "../workloads/observed.js";
import { overload } from "../workloads/overload.js";
import { own } from "../workloads/own.js";
import { slow } from "../workloads/slow.js";
import { delay, extraPeak, ratio, secondToFirst } from "./bar.js";

/** @type {readonly import("./bar.js").Row[]} */
export const SERVICE_ROWS = [
	{
		row: 1,
		what: "one 128 B event to 2,000: CPU per delivery",
		workload: broadcast,
		field: [OURS, BARE_SOCKET, BETTER_SSE],
		bars: [ratio(broadcast, OURS, BARE_SOCKET, 1.1), ratio(broadcast, OURS, BETTER_SSE, 0.55)],
	},
	{
		row: 2,
		what: "burst of ten in one turn: CPU per delivery",
		workload: burst,
		field: [OURS, BARE_SOCKET, BARE_RESPONSE, BETTER_SSE],
		bars: [
			ratio(burst, OURS, BETTER_SSE, 0.2),
			ratio(burst, OURS, BARE_SOCKET, 1),
			ratio(burst, OURS, BARE_RESPONSE, 1),
		],
	},
	{
		row: 3,
		what: "1 KB to 5,000: CPU per delivery",
		workload: json1k,
		field: [OURS, BARE_SOCKET],
		bars: [ratio(json1k, OURS, BARE_SOCKET, 1.1)],
	},
	{
		row: 4,
		what: "each client its own event: CPU per delivery",
		workload: own,
		field: [OURS, BARE_SOCKET],
		bars: [ratio(own, OURS, BARE_SOCKET, 1.25)],
	},
	{
		row: 5,
		what: "resident bytes per idle connection at 10,000, with heartbeats",
		workload: idle,
		field: [OURS, BARE_HTTP],
		select: (works) => works.slice(0, 1),
		bars: [ratio(idle, OURS, BARE_HTTP, 1.1)],
	},
	{
		row: 6,
		what: "connect and disconnect: CPU",
		workload: connect,
		field: [OURS, BARE_HTTP],
		bars: [ratio(connect, OURS, BARE_HTTP, 1.25)],
	},
	{
		row: 7,
		what: "20 of 2,000 do not read: the others' CPU per delivery, and memory",
		workload: slow,
		field: [OURS],
		bars: [
			secondToFirst("with them to without", OURS, 1.05),
			extraPeak("peak memory more with them, bound 20 × 1 MiB", OURS, 20),
		],
	},
	{
		row: 8,
		what: "20,000 connections, one broadcast a second",
		workload: fanOutDelay,
		field: [OURS],
		bars: [
			delay("loopDelayP99Micros", "event loop delay p99", 15),
			delay("loopWaitP99Micros", "wait of an arrival p99"),
			delay("loopDelayMaxMicros", "event loop delay max"),
		],
	},
	{
		row: 9,
		what: "overload: 20 broadcasts a second to 10,000 for 10 s",
		workload: overload,
		field: [OURS, BARE_SOCKET],
		bars: [
			delay("loopDelayP99Micros", "event loop delay p99", 25),
			delay("loopWaitP99Micros", "wait of an arrival p99"),
			{
				what: "peak memory over idle",
				unit: "MB",
				digits: 1,
				limit: 64,
				value: (look) => (look(OURS).peakExtraBytes ?? 0) / 1e6,
			},
			{
				what: `delivery rate to ${BARE_SOCKET}'s`,
				unit: "×",
				digits: 3,
				value: (look) =>
					(look(OURS).deliveriesPerSecond ?? 0) / (look(BARE_SOCKET).deliveriesPerSecond ?? 0),
			},
		],
	},
	{
		row: 10,
		what: "growth: CPU per delivery at 15,000",
		workload: growth,
		field: [OURS],
		bars: [secondToFirst("to that at 1,000", OURS, 1.25)],
	},
	{
		row: 18,
		what: "one 128 B event to 10,000, watched by metrics, spans and an open inspector: CPU per delivery",
		workload: observed,
		field: [OURS_PUBLISHING, OURS_OBSERVED],
		bars: [ratio(observed, OURS_OBSERVED, OURS_PUBLISHING, 1.1)],
	},
];
