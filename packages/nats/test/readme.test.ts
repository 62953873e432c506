/**
 * The README, read to the letter.
 */
import { join } from "node:path";
import { openStream } from "@sse-service/testing";
import { codeOf } from "@sse-service/testing/markdown";
import { natsServerPath, startNatsServer } from "@sse-service/testing/nats-server";
import { describeReadmes } from "@sse-service/testing/readme";
import { useSuiteServer } from "@sse-service/testing/suite-server";
import { connect } from "nats";
import { describe, expect, it } from "vitest";
import { resolveOptions, resolveRunStoreOptions } from "../src/options.js";
import { streamNames } from "../src/subjects.js";

const PACKAGE = join(import.meta.dirname, "..");
const CLIENT = "@nats-io/transport-node";

const MIB = 1024 * 1024;

describe.skipIf(natsServerPath === undefined)("the README", () => {
	const server = useSuiteServer("NATS_URL", startNatsServer);

	const { besides, table, textBlock } = describeReadmes({
		files: [join(PACKAGE, "README.md")],
		project: {
			packages: ["@sse-service/nats"],
			linked: { [CLIENT]: join(PACKAGE, "node_modules", CLIENT) },
		},
		programs: {
			"server.mjs": (first) =>
				besides("server.mjs", async (second) => {
					const ada = await openStream(`${first.url}/events?user=ada`);
					const bob = await openStream(`${second.url}/events?user=bob`);
					await Promise.all([ada, bob].map((stream) => stream.until(() => hasId(stream.text))));
					expect((await fetch(`${second.url}/ready`)).status).toBe(200);
					expect(await (await fetch(`${second.url}/say?text=hello`)).text()).toBe("said\n");
					const [events, others] = await Promise.all([ada.take(1), bob.take(1)]);
					expect(events).toEqual(others);
					expect(withoutIds(ada.text)).toBe(textBlock("received: server.mjs"));
					// Ada reconnects to the other one.
					ada.abort();
					await fetch(`${first.url}/say?text=again`);
					const headers = { "last-event-id": events[0]?.id ?? "" };
					const again = await openStream(`${second.url}/events?user=ada`, { headers });
					expect((await again.take(1)).map(({ data }) => data)).toEqual(["again"]);
					expect(await Promise.all([first.terminate(), second.terminate()])).toEqual([0, 0]);
					expect(await Promise.all([again.ended, bob.ended])).toEqual([true, true]);
				}),
			"runs.mjs": (first) =>
				besides("runs.mjs", async (second) => {
					expect((await fetch(first.url, { method: "POST" })).status).toBe(202);
					const stream = await openStream(second.url);
					await stream.ended;
					expect(stream.events.map(({ data }) => data)).toEqual(["one", "two", "{}"]);
					expect(await Promise.all([first.terminate(), second.terminate()])).toEqual([0, 0]);
				}),
		},
		commands: {
			"server.mjs": async (watch, say) => {
				const stream = watch();
				await stream.untilText("id: ");
				expect(await say().untilEnd()).toBe("said\n");
				await stream.untilText("data: hello");
				expect(withoutIds(stream.text)).toBe(textBlock("received: server.mjs"));
			},
		},
	});

	describe("the tables", () => {
		it("options: each, with its default", async () => {
			const connection = await connect({ servers: server().url });
			const { connection: _, ...defaults } = resolveOptions({ connection });
			await connection.close();
			const documented = table("options").rows.map(([name = "", byDefault = ""]) => [
				codeOf(name)[0],
				valueIn(byDefault),
			]);
			expect(Object.fromEntries(documented)).toEqual({ connection: undefined, ...defaults });
		});

		it("options of runs: each that the log does not have, with its default", async () => {
			const connection = await connect({ servers: server().url });
			const { maxBytes } = resolveRunStoreOptions({ connection });
			const names = Object.keys(resolveRunStoreOptions({ connection }));
			const others = Object.keys(resolveOptions({ connection }));
			await connection.close();
			const documented = table("run options").rows.map(([name = "", byDefault = ""]) => [
				codeOf(name)[0],
				valueIn(byDefault),
			]);
			expect(Object.fromEntries(documented)).toEqual({ maxBytes, onError: undefined });
			expect(names.filter((name) => !others.includes(name))).toEqual(["onError"]);
		});

		it("streams: each", () => {
			const documented = table("streams").rows.map(([name = ""]) => codeOf(name)[0]);
			expect(documented).toEqual(Object.values(streamNames("SSE")));
		});
	});
});

function hasId(text: string): boolean {
	return /^id: v1\./m.test(text);
}

function withoutIds(text: string): string {
	return text.replaceAll(/^id: v1\..*$/gm, "id: v1.…");
}

/** A value as the table says it: a string in quotes, a number with commas, or in MiB. */
function valueIn(cell: string): string | number | undefined {
	const text = /^`"(.*)"`$/.exec(cell)?.[1];
	const number = /^([\d,]+)( MiB)?/.exec(cell);
	if (text !== undefined || number === null) return text;
	return Number(number[1]?.replaceAll(",", "")) * (number[2] === undefined ? 1 : MIB);
}
