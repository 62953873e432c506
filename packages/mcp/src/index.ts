/**
 * What MCP servers import.
 *
 * @packageDocumentation
 */

export {
	createMcpEventBus,
	type McpEventBus,
	type McpEventBusOptions,
	type McpServerEvent,
} from "./event-bus.js";
export { createMcpEvents, type McpEvents } from "./mcp-events.js";
export type { McpEventsOptions } from "./options.js";
export type { SessionEvents } from "./session-events.js";
