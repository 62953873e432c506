/**
 * The package as it is published, in ES modules and CommonJS.
 */
import { join } from "node:path";
import { describePacked, formsOf } from "@sse-service/testing/packed";
import { createProject } from "@sse-service/testing/project";
import { expect, it } from "vitest";

const PACKAGE = join(import.meta.dirname, "..");

const program = `
const app = express();
const streams = sse();
app.use(streams);
app.get("/events", (req, res) => {
	res.sse({ clientId: "ada" }).connection.send("hello");
});
app.get("/all", (req, res) => res.send(String(sendSSEToAll("for all"))));
const server = streams.closeWith(
	app.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port)),
);
process.once("SIGTERM", () => server.close());
`;

const typed = `
const app = express();
const streams = sse({ retryMs: 1_000 });
app.use(streams);
app.get("/events", (_req, res) => {
	const { connection, client } = res.sse({ clientId: "ada", groups: ["news"] });
	const sent: number = connection.send({ hello: client.clientId });
	res.locals.sent = sent;
});
export const reached: number = streams.service.send("all", "hello", { event: "news" });
`;

const forms = formsOf({
	name: "@sse-service/express",
	framework: {
		imported: `import express from "express";`,
		required: `const express = require("express");`,
	},
	program,
	typed,
});

describePacked({
	folder: PACKAGE,
	linked: {
		express: join(PACKAGE, "node_modules/express"),
		"@types/express": join(PACKAGE, "node_modules/@types/express"),
	},
	programs: forms.programs,
	types: {
		...forms.types,
		"require.cts": `
import sse = require("@sse-service/express");
import byDefault, { sse as byName, type SSEOptions } from "@sse-service/express";
import express = require("express");
${typed}
export const options: sse.SSEOptions & SSEOptions = {};
app.use(byDefault(options), byName(options));
// @ts-expect-error: a number.
sse({ retryMs: "1" });
`,
	},
});

it("the package is refused without Express, and beside a version that it does not allow", async () => {
	const packages = ["@sse-service/express"];
	await expect(createProject({ packages })).rejects.toThrow("and there is none");
	// Not a version of Express, whatever it is.
	const linked = { express: join(PACKAGE, "node_modules/sse-service") };
	await expect(createProject({ packages, linked })).rejects.toThrow(
		/^@sse-service\/express needs express .*, and there is \d/,
	);
});
