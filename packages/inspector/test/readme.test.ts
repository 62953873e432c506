/**
 * The README, read to the letter.
 */
import { join } from "node:path";
import { codeOf } from "@sse-service/testing/markdown";
import { describeReadmes } from "@sse-service/testing/readme";
import { describe, expect, it } from "vitest";
import { readOptions } from "../src/options.js";

const { table } = describeReadmes({
	files: [join(import.meta.dirname, "../README.md")],
	project: { packages: ["@sse-service/inspector"] },
	programs: {
		"server.mjs": async ({ url }) => {
			expect((await fetch(`${url}/events`)).status).toBe(200);
			const refused = await fetch(`${url}/inspector/`, { headers: { authorization: "none" } });
			expect([refused.status, await refused.text()]).toEqual([403, ""]);
			expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
		},
	},
});

describe("the tables", () => {
	it("options: every name is that of the code", () => {
		const documented = table("options").rows.map(([name = ""]) => codeOf(name)[0]);
		expect(documented).toEqual(Object.keys(readOptions({ loopbackOnly: true })));
	});
});
