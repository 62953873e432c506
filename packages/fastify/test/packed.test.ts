/**
 * The package as it is published, in ES modules and CommonJS.
 */
import { join } from "node:path";
import { describePacked } from "@sse-service/testing/packed";

const PACKAGE = join(import.meta.dirname, "..");

const program = `
const app = fastify();
app.register(sse);
app.get("/events", async (request, reply) => {
	const { connection } = await reply.sse({ clientId: "ada" });
	connection.send("hello");
});
app.get("/all", async () => String(sendSSEToAll("for all")));
app.listen({ port: 0, host: "127.0.0.1" }).then((url) => console.log(url));
process.once("SIGTERM", () => app.close());
`;

const typed = `
const app = fastify();
await app.register(sse, { decorator: "sse", retryMs: 1_000 });
app.get("/events", async (_request, reply) => {
	const { connection, client } = await reply.sse({ clientId: "ada", groups: ["news"] });
	const sent: number = connection.send({ hello: client.clientId });
	app.log.info({ sent });
});
export const reached: number = app.sse.send({ group: "news" }, "hello", { event: "news" });
`;

describePacked({
	folder: PACKAGE,
	linked: { fastify: join(PACKAGE, "node_modules/fastify") },
	programs: {
		"app.mjs": `
import { sse } from "@sse-service/fastify";
import { fastify } from "fastify";
import { sendSSEToAll } from "sse-service";
${program}`,
		"app.cjs": `
const sse = require("@sse-service/fastify");
const fastify = require("fastify");
const { sendSSEToAll } = require("sse-service");
if (sse !== sse.default || sse !== sse.sse) throw new Error("not the plugin itself");
${program}`,
	},
	types: {
		"types.mts": `
import { sse } from "@sse-service/fastify";
import { fastify } from "fastify";
import { createSSEService } from "sse-service";
${typed}
const service = createSSEService<{ tick: { price: number } }>();
await app.register(sse, { decorator: "prices", service });
`,
		"types.cts": `
import { sse } from "@sse-service/fastify";
import { fastify } from "fastify";
${typed.replace("await app.register", "app.register")}`,
		"require.cts": `
import sse = require("@sse-service/fastify");
import byDefault, { sse as byName, type SSEOptions } from "@sse-service/fastify";
import fastify = require("fastify");
${typed.replace("await app.register", "app.register")}
export const options: sse.SSEOptions & SSEOptions = {};
app.register(byDefault, options).register(byName, options);
// @ts-expect-error: a name is a string.
app.register(sse, { decorator: 1 });
`,
	},
});
