// The rows of the event log: what keeping, resuming and Redis cost.

import {
	OURS,
	OURS_OVER_REDIS,
	OURS_RESUMING,
	OURS_WITH_HISTORY,
} from "../implementations/index.js";
import { history } from "../workloads/history.js";
import { resumeStorm } from "../workloads/storm.js";
import { ratio } from "./bar.js";

/** @type {readonly import("./bar.js").Row[]} */
export const HISTORY_ROWS = [
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
];
