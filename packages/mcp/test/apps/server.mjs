// A process that serves MCP over a Redis: `node server.mjs PORT_OF_REDIS`. It prints its own port. Its tool `report` stores its
// answer, and the process does not live to send it. Its tool `hang` never answers.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { redisRunStore } from "@sse-service/redis";
import { Redis } from "ioredis";
import { createMcpEvents } from "../../dist/index.js";

const client = new Redis(Number(process.argv[2]), "127.0.0.1");
const events = createMcpEvents({ store: redisRunStore({ client }), leaseMs: 300 });
const sessionId = randomUUID();
const eventStore = events.session(sessionId);
const { storeEvent } = eventStore;
eventStore.storeEvent = async (streamId, message) => {
	const id = await storeEvent.call(eventStore, streamId, message);
	if (message.result?.content !== undefined) process.kill(process.pid, "SIGKILL");
	return id;
};
const transport = new StreamableHTTPServerTransport({
	sessionIdGenerator: () => sessionId,
	eventStore,
});
transport.onmessage = eventStore.onmessage;
const mcp = new McpServer({ name: "mortal", version: "1.0.0" }, { capabilities: { logging: {} } });
mcp.registerTool("report", {}, async (extra) => {
	const params = { level: "info", data: "one" };
	await extra.sendNotification({ method: "notifications/message", params });
	return { content: [{ type: "text", text: "the last words" }] };
});
mcp.registerTool("hang", {}, async (extra) => {
	const params = { level: "info", data: "one" };
	await extra.sendNotification({ method: "notifications/message", params });
	return new Promise(() => {});
});
await mcp.connect(transport);
const server = createServer((req, res) => transport.handleRequest(req, res));
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
