/**
 * The package as it is published, in ES modules and CommonJS.
 */
import { join } from "node:path";
import { describePacked, formsOf } from "@sse-service/testing/packed";

const PACKAGE = join(import.meta.dirname, "..");

const program = `
const app = new Koa();
const streams = sse();
app.use(streams);
app.use((ctx) => {
	if (ctx.path === "/all") ctx.body = String(sendSSEToAll("for all"));
	else ctx.sse({ clientId: "ada" }).connection.send("hello");
});
const server = streams.closeWith(
	app.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port)),
);
process.once("SIGTERM", () => server.close());
`;

const typed = `
const app = new Koa();
const streams = sse({ retryMs: 1_000 });
app.use(streams);
app.use((ctx) => {
	const { connection, client } = ctx.sse({ clientId: "ada", groups: ["news"] });
	const sent: number = connection.send({ hello: client.clientId });
	ctx.state.sent = sent;
});
export const reached: number = streams.service.send("all", "hello", { event: "news" });
`;

const forms = formsOf({
	name: "@sse-service/koa",
	framework: {
		imported: `import Koa from "koa";`,
		required: `const Koa = require("koa");`,
	},
	program,
	typed,
});

describePacked({
	folder: PACKAGE,
	linked: {
		koa: join(PACKAGE, "node_modules/koa"),
		"@types/koa": join(PACKAGE, "node_modules/@types/koa"),
	},
	...forms,
});
