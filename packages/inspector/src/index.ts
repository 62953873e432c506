/**
 * A page that shows the live streams of a service.
 *
 * @packageDocumentation
 */
export { type Inspector, inspector } from "./inspector.js";
export type { Allowed, InspectedService, InspectorOptions } from "./options.js";
export type { InspectedRuns } from "./run-watch.js";
