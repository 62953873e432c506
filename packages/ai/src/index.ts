/**
 * Runs in the protocols of the AI SDK, OpenAI and AG-UI.
 */
export { agUi, agUiFold } from "./ag-ui.js";
export { aiSdk, aiSdkFold } from "./ai-sdk.js";
export type { Condensed } from "./condense.js";
export { openAI, openAIResponses, startingAfter } from "./open-ai.js";
