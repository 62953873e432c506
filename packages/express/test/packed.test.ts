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

it("a program in a thread has globals of its own, and fails by what it throws, by its exit code and by a word on stderr", async () => {
	const project = await createProject({ packages: [] });
	const run = (program: string): Promise<string> => {
		project.write("program.mjs", program);
		return project.runInThread("program.mjs");
	};
	try {
		const counts = "globalThis.count = (globalThis.count ?? 0) + 1; console.log(count);";
		expect([await run(counts), await run(counts)]).toEqual(["1\n", "1\n"]);
		expect(await run("setTimeout(() => console.log('late'), 1);")).toBe("late\n");
		await expect(run("throw new Error('mine');")).rejects.toThrow("mine");
		await expect(run("setTimeout(() => { throw new Error('late'); }, 1);")).rejects.toThrow("late");
		await expect(run("void Promise.reject(new Error('lost'));")).rejects.toThrow("lost");
		await expect(run("process.exitCode = 3;")).rejects.toThrow("ended with 3");
		await expect(run("await new Promise(() => {});")).rejects.toThrow("ended with 13");
		await expect(run("console.error('a word');")).rejects.toThrow("a word");
	} finally {
		project.remove();
	}
});
