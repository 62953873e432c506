/**
 * The README, read to the letter.
 */
import { join } from "node:path";
import { describeAdapterReadme } from "@sse-service/testing/adapter-readme";
import { codeOf } from "@sse-service/testing/markdown";
import { createSSEService } from "sse-service";
import { describe, expect, it } from "vitest";
import { sse } from "../src/index.js";

const { table } = describeAdapterReadme({
	folder: join(import.meta.dirname, ".."),
	program: "server.mjs",
	isTyped: true,
	imports: ["hono", "@hono/node-server"],
	toProgram: ({ body, before, after }) =>
		[
			'import type { Server } from "node:http";',
			before,
			body,
			after.replace(
				"streams.closeWith(serve({ fetch: app.fetch, port: 3000 }));",
				`
const server = streams.closeWith(serve({ fetch: app.fetch, port: 0 }, async ({ port }) => {
  const got = await fetch("http://127.0.0.1:" + port + "/events");
  server.close();
  streams.service.disconnect("all");
  // Those of another service are cut.
  setImmediate(() => (server as Server).closeAllConnections());
  console.log(got.status, JSON.stringify(await got.text().catch(() => "cut")));
}));`,
			),
		].join("\n"),
});

describe("the tables", () => {
	it("calls: each is there", () => {
		const streams = sse({ service: createSSEService() });
		const calls = table("calls").rows.map(([call = ""]) => codeOf(call)[0]?.replace(/\(.*/, ""));
		const members = Object.keys(streams).map((name) => `streams.${name}`);
		expect(calls.toSorted()).toEqual(["c.var.sse", "sse", ...members].sort());
	});

	it("options: one, and those of a service", () => {
		const documented = table("options").rows.map(([name = "", byDefault = ""]) => [
			codeOf(name)[0],
			codeOf(byDefault)[0],
		]);
		expect(documented).toEqual([
			["service", undefined],
			["variable", '"sse"'],
			[undefined, undefined],
		]);
	});
});
