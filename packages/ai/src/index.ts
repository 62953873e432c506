/**
 * Runs in the protocols of the AI SDK, OpenAI, AG-UI and LangGraph.
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
export { openAI, openAIResponses, startingAfter } from "./open-ai.js";
