/**
 * The package as it is published, in ES modules and CommonJS.
 */
import { join } from "node:path";
import { describePacked } from "@sse-service/testing/packed";

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

describePacked({
	folder: PACKAGE,
	linked: {
		hono: join(PACKAGE, "node_modules/hono"),
		"@hono/node-server": join(PACKAGE, "node_modules/@hono/node-server"),
	},
	programs: {
		"app.mjs": `
import { serve } from "@hono/node-server";
import { sse } from "@sse-service/hono";
import { Hono } from "hono";
import { sendSSEToAll } from "sse-service";
${program}`,
		"app.cjs": `
const { serve } = require("@hono/node-server");
const sse = require("@sse-service/hono");
const { Hono } = require("hono");
const { sendSSEToAll } = require("sse-service");
if (sse !== sse.default || sse !== sse.sse) throw new Error("not the function itself");
${program}`,
	},
	types: {
		"types.mts": `
import { sse } from "@sse-service/hono";
import { Hono } from "hono";
${typed}`,
		"types.cts": `
import { sse } from "@sse-service/hono";
import { Hono } from "hono";
${typed}`,
	},
});
