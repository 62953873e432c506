// The rows of the adapters: what they cost beside their framework and the core.

import {
	EXPRESS_ADAPTER,
	EXPRESS_BY_HAND,
	FASTIFY_ADAPTER,
	FASTIFY_BY_HAND,
	FASTIFY_SEND,
	NEST_ADAPTER,
	NEST_BY_HAND,
	NEST_INTERCEPTED,
	OURS,
} from "../implementations/index.js";
import { adapterConnect, adapterEvent } from "../workloads/adapters.js";
import { ratio } from "./bar.js";

/** @type {readonly import("./bar.js").Row[]} */
export const ADAPTER_ROWS = [
	{
		row: 11,
		what: "connect and disconnect through Fastify: CPU",
		workload: adapterConnect,
		field: [FASTIFY_ADAPTER, FASTIFY_SEND, FASTIFY_BY_HAND],
		select: (works) => works.slice(0, 1),
		bars: [
			ratio(adapterConnect, FASTIFY_ADAPTER, FASTIFY_SEND, 1.15),
			// For comparison only: without onSend hooks it is not the same route.
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
			// For comparison only: most of an interceptor's cost is Nest's own.
			ratio(adapterConnect, NEST_ADAPTER, NEST_INTERCEPTED),
		],
	},
	{
		row: 14,
		what: "one event through an adapter: CPU per delivery",
		workload: adapterEvent,
		field: [OURS, FASTIFY_ADAPTER, EXPRESS_ADAPTER, NEST_ADAPTER],
		// It adds no cost; two runs of the same implementation differ by this much.
		bars: [FASTIFY_ADAPTER, EXPRESS_ADAPTER, NEST_ADAPTER].map((adapter) =>
			ratio(adapterEvent, adapter, OURS, 1.05),
		),
	},
];
