// What this library must show: a row for each claim, with the workload that shows it and the bars it is held to.

import { ADAPTER_ROWS } from "./adapter-rows.js";
import { HISTORY_ROWS } from "./history-rows.js";
import { RESPONSE_ROWS } from "./response-rows.js";
import { SERVICE_ROWS } from "./service-rows.js";

export const ROWS = [...SERVICE_ROWS, ...HISTORY_ROWS, ...ADAPTER_ROWS, ...RESPONSE_ROWS].sort(
	(one, other) => one.row - other.row,
);
