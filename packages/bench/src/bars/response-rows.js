// The rows of streams on a `Response`.

import {
	FETCH_BETTER_SSE,
	FETCH_BODY,
	FETCH_BY_HAND,
	FETCH_DIRECT,
	OURS,
} from "../implementations/index.js";
import { fetchBurst, fetchConnect, fetchEvent, fetchSlow } from "../workloads/fetch-responses.js";
import { extraPeak, ratio, secondToFirst } from "./bar.js";

/** @type {readonly import("./bar.js").Row[]} */
export const RESPONSE_ROWS = [
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
			secondToFirst(`${each}, with it to without`, each, 1.05),
			extraPeak(`${each}, peak memory more with it, bound 1 MiB and what one writes`, each, 2),
		]),
	},
];
