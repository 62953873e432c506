/**
 * The README, read to the letter.
 */
import { join } from "node:path";
import { describeAdapterReadme } from "@sse-service/testing/adapter-readme";
import { codeOf } from "@sse-service/testing/markdown";
import { fastify } from "fastify";
import { createSSEService } from "sse-service";
import { describe, expect, it } from "vitest";
import { sse } from "../src/index.js";

const { table, namesIn } = describeAdapterReadme({
	folder: join(import.meta.dirname, ".."),
	program: "server.mjs",
	imports: ["fastify"],
	toProgram: ({ body, before, after }) =>
		[
			before,
			body,
			after.replace(
				"await app.listen({ port: 3000 });",
				`
const url = await app.listen({ port: 0, host: "127.0.0.1" });
const got = await fetch(url + "/events");
await app.close();
console.log(got.status, JSON.stringify(await got.text()));`,
			),
		].join("\n"),
});

describe("the tables", () => {
	it("calls: each is there once the plugin is registered", async () => {
		const app = fastify();
		await app.register(sse, { service: createSSEService() });
		const calls = table("calls").rows.map(([call = ""]) => codeOf(call)[0]?.replace(/\(.*/, ""));
		expect(calls.toSorted()).toEqual(["app.close", "app.register", "app.sse", "reply.sse"]);
		expect([app.hasReplyDecorator("sse"), app.hasDecorator("sse")]).toEqual([true, true]);
		await app.close();
	});

	it("options: each is one, with its default", async () => {
		expect(namesIn("options")).toEqual([
			["service", undefined],
			["decorator", '"sse"'],
			[undefined, undefined],
		]);
		const app = fastify();
		app.register(sse, { service: createSSEService(), decorator: "other" });
		await app.ready();
		expect(app.hasReplyDecorator("other")).toBe(true);
		await app.close();
	});
});
