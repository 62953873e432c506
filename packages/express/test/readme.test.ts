/**
 * The README, read to the letter.
 */
import { join } from "node:path";
import { describeMiddlewareReadme } from "@sse-service/testing/middleware-readme";
import { createSSEService } from "sse-service";
import { sse } from "../src/index.js";

describeMiddlewareReadme({
	folder: join(import.meta.dirname, ".."),
	imports: ["express", "@types/express", "express-session", "@types/express-session"],
	call: "res.sse",
	option: "decorator",
	create: () => sse({ service: createSSEService() }),
	listening: "streams.closeWith(app.listen(3000));",
	listen: (onListening) => `app.listen(0, "127.0.0.1", ${onListening})`,
});
