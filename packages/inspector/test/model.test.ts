/**
 * What the page is shown is what a model of the same run counts: scripts of clients that come and go, of sends, and of clients
 * that are disconnected.
 */
import { eventually, type TestStream } from "@sse-service/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { openPage, serve } from "./serving.js";

const CLIENTS = ["ada", "bob", "carol"];
const GROUPS = ["a", "b"];

const client = fc.constantFrom(...CLIENTS);
const groups = fc.subarray(GROUPS);
const step = fc.oneof(
	{ weight: 3, arbitrary: fc.record({ do: fc.constant("open" as const), client, groups }) },
	fc.record({ do: fc.constant("leave" as const), which: fc.nat(9) }),
	fc.record({ do: fc.constant("disconnect" as const), client }),
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("send" as const), client }) },
);

interface Shown {
	readonly client: string;
	readonly groups: readonly string[];
}

interface Open extends Shown {
	readonly stream: TestStream;
	received: number;
}

it("lists, timelines and figures are those of a model", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 15 }), async (steps) => {
			const { page, open, sse } = await serve();
			const get = async (path: string) => (await fetch(`${page}${path}`)).json();
			let opened: Open[] = [];
			const log: [client: string, kind: string, text: string | undefined][] = [];
			let deliveries = 0;
			const close = async (gone: readonly Open[], reason: string): Promise<void> => {
				opened = opened.filter((each) => !gone.includes(each));
				for (const each of gone) log.push([each.client, "close", reason]);
				await eventually(() => sse.stats().connections === opened.length);
			};
			for (const each of steps) {
				if (each.do === "open") {
					const stream = await open(each.client, each.groups);
					opened.push({ client: each.client, groups: each.groups, stream, received: 0 });
					log.push([each.client, "open", undefined]);
				} else if (each.do === "send") {
					sse.send({ client: each.client }, "x");
					const reached = opened.filter((one) => one.client === each.client);
					for (const one of reached) one.received++;
					deliveries += reached.length;
					log.push([each.client, "send", `message, 9 bytes to ${reached.length}`]);
				} else if (each.do === "disconnect") {
					sse.disconnect({ client: each.client }, "moved");
					await close(
						opened.filter((one) => one.client === each.client),
						"moved",
					);
				} else {
					const leaving = opened[each.which % opened.length];
					if (leaving === undefined) continue;
					await leaving.stream.take(leaving.received);
					leaving.stream.abort();
					await close([leaving], "client");
				}
			}
			const list = (await get("connections?order=opened")) as { total: number; rows: Shown[] };
			expect(list.total).toBe(opened.length);
			expect(list.rows.map(({ client: name, groups: of }) => [name, [...of].sort()])).toEqual(
				opened.map(({ client: name, groups: of }) => [name, [...of].sort()]),
			);
			for (const name of CLIENTS) {
				const found = (await get(`timeline?client=${name}`)) as { kind: string; text?: string }[];
				expect(found.reverse().map(({ kind, text }) => [kind, text])).toEqual(
					log.filter(([of]) => of === name).map(([, kind, text]) => [kind, text]),
				);
			}
			const sizes = new Map<string, number>();
			for (const { groups: of } of opened) {
				for (const name of of) sizes.set(name, (sizes.get(name) ?? 0) + 1);
			}
			const shown = (await get("groups")) as { name: string; connections: number }[];
			expect(new Map(shown.map(({ name, connections }) => [name, connections]))).toEqual(sizes);
			const stream = await openPage(page);
			await stream.until(() => stream.events.some(({ event }) => event === "tick"));
			const tick = stream.events.find(({ event }) => event === "tick");
			stream.abort();
			const closes = log.filter(([, kind]) => kind === "close").map(([, , reason]) => reason);
			const counted = (reason: string): number => closes.filter((each) => each === reason).length;
			const { stats, sample } = JSON.parse(tick?.data ?? "{}");
			expect(sample.connections).toBe(opened.length);
			expect(stats).toMatchObject({
				connections: opened.length,
				connectionsOpened: log.filter(([, kind]) => kind === "open").length,
				eventsSent: deliveries,
			});
			expect(stats.closes.moved ?? 0).toBe(counted("moved"));
			expect(stats.closes.client ?? 0).toBe(counted("client"));
		}),
		{ numRuns: 8 },
	);
});
