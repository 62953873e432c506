/**
 * What the README of every adapter that is middleware shows and says: as that of any adapter, and the middleware's members and
 * its one option.
 */
import { describe, expect, it } from "vitest";
import { describeAdapterReadme } from "./adapter-readme.js";
import { codeOf } from "./markdown.js";

export interface MiddlewareReadme {
	/** Of the adapter. */
	readonly folder: string;
	/** What the program and the fragments import beside the adapter. */
	readonly imports: readonly string[];
	/** What handlers call, such as `res.sse`. */
	readonly call: string;
	/** The option that renames it. */
	readonly option: string;
	/** Creates the middleware. */
	readonly create: () => object;
	/** The preamble's last line, which closes the streams with the server. */
	readonly listening: string;
	/** Code that listens on a free port and returns the server. `onListening`: the code of its callback. */
	readonly listen: (onListening: string) => string;
}

/** Runs the claims over the README of an adapter that is middleware, which must be built. */
export function describeMiddlewareReadme(adapter: MiddlewareReadme): void {
	const { folder, imports, call, option, create, listening, listen } = adapter;
	const { table, namesIn } = describeAdapterReadme({
		folder,
		program: "server.mjs",
		isTyped: true,
		imports,
		toProgram: ({ body, before, after }) =>
			[
				'import type { Server } from "node:http";',
				'import type { AddressInfo } from "node:net";',
				before,
				body,
				after.replace(
					listening,
					() => `
const server = streams.closeWith(${listen(`async () => {
  const { port } = server.address() as AddressInfo;
  const got = await fetch("http://127.0.0.1:" + port + "/events");
  server.close();
  streams.service.disconnect("all");
  // Those of another service are cut.
  setImmediate(() => (server as Server).closeAllConnections());
  console.log(got.status, JSON.stringify(await got.text().catch(() => "cut")));
}`)});`,
				),
			].join("\n"),
	});

	describe("the tables", () => {
		it("calls: each is there", () => {
			const calls = table("calls").rows.map(([each = ""]) => codeOf(each)[0]?.replace(/\(.*/, ""));
			const members = Object.keys(create()).map((name) => `streams.${name}`);
			expect(calls.toSorted()).toEqual([call, "sse", ...members].sort());
		});

		it("options: one, and those of a service", () => {
			expect(namesIn("options")).toEqual([
				["service", undefined],
				[option, '"sse"'],
				[undefined, undefined],
			]);
		});
	});
}
