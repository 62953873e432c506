/**
 * The README, read to the letter.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, openStream } from "@sse-service/testing";
import { codeOf } from "@sse-service/testing/markdown";
import { describeReadmes } from "@sse-service/testing/readme";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import { useSuiteServer } from "@sse-service/testing/suite-server";
import { createSSEService } from "sse-service";
import { describe, expect, it } from "vitest";
import { clientOf } from "../src/clients/detect-client.js";
import { redisEventLog } from "../src/index.js";
import { keysOf } from "../src/keys.js";
import { resolveOptions } from "../src/options.js";
import { RedisEngine } from "../src/redis-engine.js";
import { openClient } from "./clients.js";

const PACKAGE = join(import.meta.dirname, "..");
const README = readFileSync(join(PACKAGE, "README.md"), "utf8");

describe.skipIf(redisServerPath === undefined)("the README", () => {
	const server = useSuiteServer("REDIS_URL", startRedisServer);

	const { besides } = describeReadmes({
		files: [join(PACKAGE, "README.md")],
		project: {
			packages: ["@sse-service/redis"],
			linked: { redis: join(PACKAGE, "node_modules/redis") },
		},
		programs: {
			"server.mjs": async ({ url, terminate }) => {
				const ada = await openStream(`${url}/events?user=ada`);
				// Ready once the log is followed.
				await expect.poll(async () => (await fetch(url)).status).toBe(404);
				expect(await terminate()).toBe(0);
				expect(await ada.ended).toBe(true);
			},
		},
		commands: {
			"server.mjs": async (watch, say) => {
				const stream = watch();
				await stream.untilText(": open");
				expect(await say().untilEnd()).toBe("said\n");
				await stream.untilText("data: Rain");
			},
		},
	});

	it("has a program of which two processes are one service", async () => {
		await besides("server.mjs", (one) =>
			besides("server.mjs", async (other) => {
				const ada = await openStream(`${one.url}/events?user=ada`);
				await fetch(`${other.url}/say?text=Rain`);
				expect(await ada.take(1)).toMatchObject([{ data: "Rain" }]);
				const [{ id = "" } = {}] = ada.events;
				ada.abort();
				await fetch(`${one.url}/say?text=Sun`);
				const back = await openStream(`${other.url}/events`, { headers: { "Last-Event-ID": id } });
				expect(await back.take(1)).toMatchObject([{ data: "Sun" }]);
				expect(await one.terminate()).toBe(0);
				expect(await other.terminate()).toBe(0);
			}),
		);
	});

	it.each(["node-redis 6", "ioredis 6"])("has an ACL that is enough for %s", async (library) => {
		const [line = "", username = "", password = ""] =
			/^ACL SETUSER (\w+) on >(\w+) .*$/m.exec(README) ?? [];
		const admin = await openClient("ioredis 6", server().port);
		await clientOf(admin.client).call(line.split(" "), "");
		admin.close();
		const user = await openClient(library, server().port, { username, password });
		const told: unknown[] = [];
		const sse = createSSEService({
			eventLog: redisEventLog({ client: user.client, prefix: "news" }),
			history: { groups: { prices: { latest: true } } },
			onError: (error) => told.push(error),
		});
		await sse.publish("all", "x", { idempotencyKey: "once" });
		await sse.publish({ group: "prices" }, "1", { key: "A" });
		await eventually(() => sse.health().ready, "proof");
		expect(await sse.clientsIn("prices")).toEqual([]);
		const engine = new RedisEngine(clientOf(user.client), "news", resolveOptions({}).limits);
		await engine.tidy();
		expect(await engine.latest("prices")).toHaveLength(1);
		expect(await engine.read(1, 1)).toHaveLength(1);
		await sse.close();
		user.close();
		expect(told).toEqual([]);
	});
});

/** The rows of a table of the README, as lists of cells. */
function rowsOf(name: string): string[][] {
	const table = README.split(`<!-- table: ${name} -->\n`)[1]?.split("\n\n")[0] ?? "";
	return table
		.split("\n")
		.slice(2)
		.map((row) => row.split("|").slice(1, -1));
}

describe("the tables", () => {
	it("options: each is there, with its default", () => {
		const { prefix, limits } = resolveOptions({});
		const defaults = { client: undefined, prefix, ...limits };
		const documented = rowsOf("options").map(([name = "", value = ""]) => [
			codeOf(name)[0],
			codeOf(value)[0]?.replaceAll("_", ""),
		]);
		expect(documented).toEqual(
			Object.entries(defaults).map(([name, value]) => [name, value && JSON.stringify(value)]),
		);
	});

	it("keys: each is there", () => {
		const { all, allPosts, ofGroup } = keysOf("news");
		const documented = rowsOf("keys").flatMap(([keys = ""]) => codeOf(keys));
		expect(documented.toSorted()).toEqual([...all, ...ofGroup("GROUP"), ...allPosts].sort());
	});
});
