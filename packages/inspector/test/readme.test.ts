/**
 * The README, read to the letter.
 */
import { join } from "node:path";
import { codeOf } from "@sse-service/testing/markdown";
import { describeReadmes } from "@sse-service/testing/readme";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { resolveOptions } from "../src/options.js";

const basic = (login: string) => `Basic ${Buffer.from(login).toString("base64")}`;
const status = async (url: string, login?: string) => {
	const headers = login === undefined ? {} : { authorization: basic(login) };
	const response = await fetch(`${url}/inspector/`, { headers });
	return [response.status, (await response.text()).includes("<title>")];
};

const { table, besides } = describeReadmes({
	files: [join(import.meta.dirname, "../README.md")],
	project: { packages: ["@sse-service/inspector"] },
	programs: {
		"server.mjs": async ({ url }) => {
			expect((await fetch(`${url}/events`)).status).toBe(200);
			expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
			// Without the variable, what is missing in the request must not equal what is missing in the environment.
			for (const login of [undefined, "", "ops:", "ops:undefined"])
				expect(await status(url, login)).toEqual([401, false]);
		},
	},
});

it("server.mjs admits who has the password", async () => {
	vi.stubEnv("OPS_PASSWORD", "secret");
	onTestFinished(() => void vi.unstubAllEnvs());
	await besides("server.mjs", async ({ url }) => {
		expect(await status(url)).toEqual([401, false]);
		expect(await status(url, "ops:other")).toEqual([401, false]);
		expect(await status(url, "ops:secret")).toEqual([200, true]);
	});
});

describe("the tables", () => {
	it("options: every name is that of the code", () => {
		const documented = table("options").rows.map(([name = ""]) => codeOf(name)[0]);
		expect(documented).toEqual(Object.keys(resolveOptions({ loopbackOnly: true })));
	});
});
