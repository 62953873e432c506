/**
 * The suites that the engines, event logs, run stores and adapters of sse-service pass, for those that others write. They are those
 * of the private package of this repository, by their paths: the build puts them into this one.
 */
export {
	type AdapterConnection,
	type AdapterContext,
	type AdapterHarness,
	type AdapterService,
	type AdapterSetup,
	describeAdapter,
	type Middleware,
	type RunningAdapter,
} from "../../testing/src/adapter/adapter.js";
export { describeEventLog, type EventLogHarness } from "../../testing/src/event-log/event-log.js";
export {
	describeLogEngine,
	type LogEngineHarness,
	type LogOfEngine,
} from "../../testing/src/log-engine/log-engine.js";
export {
	describeRunStore,
	type RunStoreHarness,
	type TestedRunStore,
} from "../../testing/src/run-store/run-store.js";
