// The workloads, in the order of the report.

import { broadcast } from "./broadcast.js";
import { burst } from "./burst.js";
import { groups } from "./groups.js";
import { growth } from "./growth.js";
import { json1k } from "./json-1k.js";
import { own } from "./own.js";
import { slow } from "./slow.js";

/** @type {readonly import("../workload.js").Workload[]} */
export const WORKLOADS = [broadcast, burst, json1k, own, groups, growth, slow];
