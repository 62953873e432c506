/**
 * Runs in the protocols of the AI SDK, OpenAI, AG-UI, TanStack AI and LangGraph, and run stores for the streams of other libraries.
 */
export { agUi, agUiFold } from "./ag-ui.js";
export { aiSdk, aiSdkFold } from "./ai-sdk.js";
export type { Condensed } from "./condense.js";
export {
	type LangGraphRun,
	type LangGraphRunNames,
	langGraph,
	langGraphFold,
	langGraphRun,
} from "./lang-graph.js";
export type { RunLogOptions } from "./log-options.js";
export {
	openAI,
	openAIFold,
	openAIResponses,
	openAIResponsesFold,
	startingAfter,
} from "./open-ai.js";
export {
	type AcquireOptions,
	createResumableStreamStore,
	type RunStreamStore,
	type StreamAcquisition,
	type StreamEntry,
	type StreamLease,
} from "./resumable-stream-store.js";
export {
	createStreamDurability,
	type DurabilitySource,
	type RunDurability,
	type StoredChunk,
} from "./stream-durability.js";
export {
	type TanStackRequest,
	type TanStackRequestLike,
	tanStackRequest,
} from "./tan-stack-request.js";
