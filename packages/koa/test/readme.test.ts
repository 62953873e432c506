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
	imports: ["koa", "@types/koa", "@koa/bodyparser"],
	toProgram: ({ body, before, after }) =>
		[
			'import type { AddressInfo } from "node:net";',
			before,
			body,
			after.replace(
				"streams.closeWith(app.listen(3000));",
				`
const server = streams.closeWith(app.listen(0, "127.0.0.1", async () => {
  const got = await fetch("http://127.0.0.1:" + (server.address() as AddressInfo).port + "/events");
  server.close();
  streams.service.disconnect("all");
  // Those of another service are cut.
  setImmediate(() => server.closeAllConnections());
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
		expect(calls.toSorted()).toEqual(["ctx.sse", "sse", ...members].sort());
	});

	it("options: one, and those of a service", () => {
		const documented = table("options").rows.map(([name = "", byDefault = ""]) => [
			codeOf(name)[0],
			codeOf(byDefault)[0],
		]);
		expect(documented).toEqual([
			["service", undefined],
			["decorator", '"sse"'],
			[undefined, undefined],
		]);
	});
});
