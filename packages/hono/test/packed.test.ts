/**
 * The package as it is published, in ES modules and CommonJS.
 */
import { join } from "node:path";
import { describePacked, formsOf } from "@sse-service/testing/packed";

const PACKAGE = join(import.meta.dirname, "..");

const program = `
const app = new Hono();
const streams = sse();
app.use(streams);
app.get("/events", (c) => {
	const { connection, response } = c.var.sse({ clientId: "ada" });
	connection.send("hello");
	return response;
});
app.get("/all", (c) => c.text(String(sendSSEToAll("for all"))));
const server = streams.closeWith(
	serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => console.log("http://127.0.0.1:" + port)),
);
process.once("SIGTERM", () => server.close());
`;

const typed = `
const app = new Hono();
const streams = sse({ retryMs: 1_000 });
app.use(streams);
app.get("/events", (c) => {
	const { connection, client, response } = c.var.sse({ clientId: "ada", groups: ["news"] });
	const sent: number = connection.send({ hello: client.clientId });
	c.header("X-Sent", String(sent));
	return response;
});
export const reached: number = streams.service.send("all", "hello", { event: "news" });
`;

const forms = formsOf({
	name: "@sse-service/hono",
	framework: {
		imported: `import { serve } from "@hono/node-server";\nimport { Hono } from "hono";`,
		required: `const { serve } = require("@hono/node-server");\nconst { Hono } = require("hono");`,
	},
	program,
	typed,
});

describePacked({
	folder: PACKAGE,
	linked: {
		hono: join(PACKAGE, "node_modules/hono"),
		"@hono/node-server": join(PACKAGE, "node_modules/@hono/node-server"),
	},
	...forms,
});
