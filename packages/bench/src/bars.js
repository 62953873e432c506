// What this library must show: a row for each claim, with the workload that shows it and the bars it is held to.

import {
	BARE_HTTP,
	BARE_RESPONSE,
	BARE_SOCKET,
	BETTER_SSE,
	EXPRESS_ADAPTER,
	EXPRESS_BY_HAND,
	FASTIFY_ADAPTER,
	FASTIFY_BY_HAND,
	FASTIFY_SEND,
	FETCH_BETTER_SSE,
	FETCH_BODY,
	FETCH_BY_HAND,
	FETCH_DIRECT,
	NEST_ADAPTER,
	NEST_BY_HAND,
	NEST_INTERCEPTED,
	OURS,
	OURS_OBSERVED,
	OURS_OVER_REDIS,
	OURS_PUBLISHING,
	OURS_RESUMING,
	OURS_WITH_HISTORY,
} from "./implementations/index.js";
import { adapterConnect, adapterEvent } from "./workloads/adapters.js";
import { broadcast } from "./workloads/broadcast.js";
import { burst } from "./workloads/burst.js";
import { connect } from "./workloads/connect.js";
import { fanOutDelay } from "./workloads/fan-out-delay.js";
import { fetchBurst, fetchConnect, fetchEvent, fetchSlow } from "./workloads/fetch-responses.js";
import { growth } from "./workloads/growth.js";
import { history } from "./workloads/history.js";
import { idle } from "./workloads/idle.js";
import { json1k } from "./workloads/json-1k.js";
import { observed } from "./workloads/observed.js";
import { overload } from "./workloads/overload.js";
import { own } from "./workloads/own.js";
import { slow } from "./workloads/slow.js";
import { resumeStorm } from "./workloads/storm.js";

/**
 * @typedef {import("./workload.js").Case} Case
 * @typedef {import("./workload.js").Measured} Measured
 * @typedef {import("./workload.js").Workload} Workload
 *
 * @typedef {(implementation: string, work?: number) => Measured} Look what one round says of an implementation, in
 * one of the row's cases (by its number, from 0)
 *
 * @typedef {object} Bar
 * @property {string} what is compared
 * @property {string} unit
 * @property {number} digits
 * @property {number} [limit] what the median may be at most; none: it is only said
 * @property {(look: Look) => number} value of one round
 *
 * @typedef {object} Row
 * @property {number} row
 * @property {string} what
 * @property {Workload} workload
 * @property {readonly string[]} field who is needed for it
 * @property {(works: readonly Case[]) => readonly Case[]} [select] default: all cases
 * @property {readonly Bar[]} bars
 */

const MIB = 1_024 * 1_024;

/**
 * A ratio of one figure, to another implementation in the same round.
 * @param {Workload} workload @param {string} implementation @param {string} baseline @param {number} [limit] @returns {Bar}
 */
function ratio({ figures: [{ key }] }, implementation, baseline, limit) {
	return {
		what: `${implementation} to ${baseline}`,
		unit: "×",
		digits: 3,
		...(limit === undefined ? {} : { limit }),
		value: (look) => (look(implementation)[key] ?? 0) / (look(baseline)[key] ?? 0),
	};
}

/** @param {string} key @param {string} what @param {number} [limit] in ms @returns {Bar} */
function delay(key, what, limit) {
	return {
		what,
		unit: "ms",
		digits: 1,
		...(limit === undefined ? {} : { limit }),
		value: (look) => (look(OURS)[key] ?? 0) / 1_000,
	};
}

/** @type {readonly Row[]} */
export const ROWS = [
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
			{
				what: "with them to without",
				unit: "×",
				digits: 3,
				limit: 1.05,
				value: (look) =>
					(look(OURS, 1).cpuMicrosPerEvent ?? 0) / (look(OURS, 0).cpuMicrosPerEvent ?? 0),
			},
			{
				what: "peak memory more with them, bound 20 × 1 MiB",
				unit: "MiB",
				digits: 1,
				limit: 20,
				value: (look) =>
					((look(OURS, 1).peakExtraBytes ?? 0) - (look(OURS, 0).peakExtraBytes ?? 0)) / MIB,
			},
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
		bars: [
			{
				what: "to that at 1,000",
				unit: "×",
				digits: 3,
				limit: 1.25,
				value: (look) =>
					(look(OURS, 1).cpuMicrosPerEvent ?? 0) / (look(OURS, 0).cpuMicrosPerEvent ?? 0),
			},
		],
	},
	{
		row: 11,
		what: "connect and disconnect through Fastify: CPU",
		workload: adapterConnect,
		field: [FASTIFY_ADAPTER, FASTIFY_SEND, FASTIFY_BY_HAND],
		select: (works) => works.slice(0, 1),
		bars: [
			ratio(adapterConnect, FASTIFY_ADAPTER, FASTIFY_SEND, 1.15),
			// Said for comparison: without onSend hooks it is not the same route.
			ratio(adapterConnect, FASTIFY_ADAPTER, FASTIFY_BY_HAND),
		],
	},
	{
		row: 12,
		what: "connect and disconnect through Express: CPU",
		workload: adapterConnect,
		field: [EXPRESS_ADAPTER, EXPRESS_BY_HAND],
		select: (works) => works.slice(1, 2),
		bars: [ratio(adapterConnect, EXPRESS_ADAPTER, EXPRESS_BY_HAND, 1.15)],
	},
	{
		row: 13,
		what: "connect and disconnect through Nest on Express: CPU",
		workload: adapterConnect,
		field: [NEST_ADAPTER, NEST_BY_HAND, NEST_INTERCEPTED],
		select: (works) => works.slice(2, 3),
		bars: [
			ratio(adapterConnect, NEST_ADAPTER, NEST_BY_HAND, 1.15),
			// Said for comparison: of what an interceptor takes, the most is Nest's.
			ratio(adapterConnect, NEST_ADAPTER, NEST_INTERCEPTED),
		],
	},
	{
		row: 14,
		what: "one event through an adapter: CPU per delivery",
		workload: adapterEvent,
		field: [OURS, FASTIFY_ADAPTER, EXPRESS_ADAPTER, NEST_ADAPTER],
		// It costs nothing more; two runs of the same differ by so much.
		bars: [FASTIFY_ADAPTER, EXPRESS_ADAPTER, NEST_ADAPTER].map((adapter) =>
			ratio(adapterEvent, adapter, OURS, 1.05),
		),
	},
	{
		row: 15,
		what: "one 128 B event to 2,000, kept in the event log: CPU per delivery",
		workload: history,
		field: [OURS, OURS_WITH_HISTORY],
		bars: [ratio(history, OURS_WITH_HISTORY, OURS, 1.2)],
	},
	{
		row: 16,
		what: "5,000 come back at once, and have missed ten events: CPU per connection",
		workload: resumeStorm,
		field: [OURS, OURS_WITH_HISTORY, OURS_RESUMING],
		bars: [
			ratio(resumeStorm, OURS_WITH_HISTORY, OURS),
			ratio(resumeStorm, OURS_RESUMING, OURS, 1.5),
			{
				what: "until all are live, to that of a storm without history",
				unit: "×",
				digits: 3,
				limit: 1.5,
				value: (look) =>
					(look(OURS_RESUMING).untilAllMicros ?? 0) / (look(OURS).untilAllMicros ?? 0),
			},
		],
	},
	{
		row: 17,
		what: "one 128 B event to 2,000, kept in Redis: CPU per delivery",
		workload: history,
		field: [OURS, OURS_OVER_REDIS],
		bars: [ratio(history, OURS_OVER_REDIS, OURS, 1.2)],
	},
	{
		row: 18,
		what: "one 128 B event to 10,000, watched by metrics, spans and an open inspector: CPU per delivery",
		workload: observed,
		field: [OURS_PUBLISHING, OURS_OBSERVED],
		bars: [ratio(observed, OURS_OBSERVED, OURS_PUBLISHING, 1.1)],
	},
	{
		row: 19,
		what: "one 128 B event to 2,000 on a Response: CPU per delivery",
		workload: fetchEvent,
		field: [OURS, FETCH_DIRECT, FETCH_BODY, FETCH_BETTER_SSE, FETCH_BY_HAND],
		bars: [
			ratio(fetchEvent, FETCH_DIRECT, OURS, 1.1),
			ratio(fetchEvent, FETCH_BODY, FETCH_BETTER_SSE, 0.6),
			ratio(fetchEvent, FETCH_BODY, FETCH_BY_HAND, 1.1),
		],
	},
	{
		row: 20,
		what: "burst of ten in one turn on a Response: CPU per delivery",
		workload: fetchBurst,
		field: [FETCH_BODY, FETCH_BETTER_SSE, FETCH_BY_HAND],
		bars: [
			ratio(fetchBurst, FETCH_BODY, FETCH_BETTER_SSE, 0.2),
			ratio(fetchBurst, FETCH_BODY, FETCH_BY_HAND),
		],
	},
	{
		row: 21,
		what: "connect and disconnect on a Response: CPU",
		workload: fetchConnect,
		field: [FETCH_DIRECT, FETCH_BODY, FETCH_BY_HAND],
		bars: [
			ratio(fetchConnect, FETCH_BODY, FETCH_BY_HAND, 1.15),
			ratio(fetchConnect, FETCH_DIRECT, FETCH_BY_HAND, 1.15),
		],
	},
	{
		row: 22,
		what: "one of 1,000 does not read its Response: the others' CPU per delivery, and memory",
		workload: fetchSlow,
		field: [FETCH_BODY, FETCH_DIRECT],
		bars: [FETCH_BODY, FETCH_DIRECT].flatMap((each) => [
			{
				what: `${each}, with it to without`,
				unit: "×",
				digits: 3,
				limit: 1.05,
				value: (look) =>
					(look(each, 1).cpuMicrosPerEvent ?? 0) / (look(each, 0).cpuMicrosPerEvent ?? 0),
			},
			{
				what: `${each}, peak memory more with it, bound 1 MiB and what one writes`,
				unit: "MiB",
				digits: 1,
				limit: 2,
				value: (look) =>
					((look(each, 1).peakExtraBytes ?? 0) - (look(each, 0).peakExtraBytes ?? 0)) / MIB,
			},
		]),
	},
];
