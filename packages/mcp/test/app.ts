/**
 * An MCP server as an application writes it, with the SDK's transport of version 1. Several can stand for several processes.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { ServerNotification, ServerRequest } from "@modelcontextprotocol/sdk/types.js";
import { startServer, type TestServer } from "@sse-service/testing";
import type { McpEvents } from "../src/index.js";

export interface App {
	readonly server: TestServer;
	readonly url: string;
	/** What the transports reported. */
	readonly errors: Error[];
	/** Lets the tools `wait` answer. */
	release(): void;
	close(): Promise<void>;
}

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

export async function startApp(
	events: McpEvents,
	prepare: (req: IncomingMessage) => void = () => {},
): Promise<App> {
	const transports = new Map<string, StreamableHTTPServerTransport>();
	const errors: Error[] = [];
	let release: () => void = () => {};
	const released = new Promise<void>((resolve) => {
		release = resolve;
	});

	function createServer(): McpServer {
		const mcp = new McpServer({ name: "app", version: "1.0.0" }, { capabilities: { logging: {} } });
		const say = (extra: Extra, data: string) =>
			extra.sendNotification({ method: "notifications/message", params: { level: "info", data } });
		mcp.registerTool("wait", {}, async (extra: Extra) => {
			await say(extra, "one");
			await released;
			await say(extra, "two");
			return { content: [{ type: "text", text: "released" }] };
		});
		// What the conformance suite asks for.
		mcp.registerTool("test_reconnection", {}, async (extra: Extra) => {
			await say(extra, "closing");
			transports.get(extra.sessionId ?? "")?.closeSSEStream(extra.requestId);
			await new Promise((resolve) => setTimeout(resolve, 100));
			return { content: [{ type: "text", text: "reconnected" }] };
		});
		return mcp;
	}

	/** The transport of the request's session; of a session of another process, one that only replays. */
	async function transportOf(req: IncomingMessage, res: ServerResponse) {
		const sessionId = req.headers["mcp-session-id"] as string | undefined;
		const known = transports.get(sessionId ?? "");
		if (known !== undefined || (sessionId !== undefined && req.method !== "GET")) return known;
		const id = sessionId ?? randomUUID();
		const eventStore = events.session(id);
		const transport = new StreamableHTTPServerTransport({
			eventStore,
			retryInterval: 10,
			...(sessionId === undefined && {
				sessionIdGenerator: () => id,
				onsessioninitialized: () => void transports.set(id, transport),
			}),
		});
		transport.onmessage = eventStore.onmessage;
		if (sessionId === undefined) await createServer().connect(transport);
		else res.on("close", () => void transport.close());
		const { onclose } = transport;
		transport.onclose = () => {
			onclose?.();
			transports.delete(id);
			void eventStore.close();
		};
		transport.onerror = (error) => errors.push(error);
		return transport;
	}

	const server = await startServer(async (req, res) => {
		prepare(req);
		const transport = await transportOf(req, res);
		if (transport === undefined) res.writeHead(404).end();
		else await transport.handleRequest(req, res);
	});
	return {
		server,
		url: `${server.url}/mcp`,
		errors,
		release,
		close: async () => {
			for (const transport of transports.values()) await transport.close();
			await events.close();
			await server.destroy();
		},
	};
}
