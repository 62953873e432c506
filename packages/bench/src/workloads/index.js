// The workloads, in the order of the report.

import { adapterConnect, adapterEvent } from "./adapters.js";
import { broadcast } from "./broadcast.js";
import { burst } from "./burst.js";
import { connect } from "./connect.js";
import { fanOutDelay } from "./fan-out-delay.js";
import { fetchBurst, fetchConnect, fetchEvent, fetchSlow } from "./fetch-responses.js";
import { groups } from "./groups.js";
import { growth } from "./growth.js";
import { history } from "./history.js";
import { idle } from "./idle.js";
import { json1k } from "./json-1k.js";
import { latency } from "./latency.js";
import { observed } from "./observed.js";
import { overload } from "./overload.js";
import { own } from "./own.js";
import { slow } from "./slow.js";
import { resumeStorm, storm } from "./storm.js";

/** @type {readonly import("../workload.js").Workload[]} */
export const WORKLOADS = [
	broadcast,
	burst,
	json1k,
	own,
	groups,
	growth,
	slow,
	idle,
	connect,
	storm,
	history,
	resumeStorm,
	observed,
	fanOutDelay,
	overload,
	latency,
	adapterConnect,
	adapterEvent,
	fetchEvent,
	fetchBurst,
	fetchConnect,
	fetchSlow,
];
