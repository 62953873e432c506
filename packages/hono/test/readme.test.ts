/**
 * The README, read to the letter.
 */
import { join } from "node:path";
import { describeMiddlewareReadme } from "@sse-service/testing/middleware-readme";
import { createSSEService } from "sse-service";
import { sse } from "../src/index.js";

describeMiddlewareReadme({
	folder: join(import.meta.dirname, ".."),
	imports: ["hono", "@hono/node-server"],
	call: "c.var.sse",
	option: "variable",
	create: () => sse({ service: createSSEService() }),
	listening: "streams.closeWith(serve({ fetch: app.fetch, port: 3000 }));",
	listen: (onListening) => `serve({ fetch: app.fetch, port: 0 }, ${onListening})`,
});
