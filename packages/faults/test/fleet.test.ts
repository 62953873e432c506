/**
 * Processes that share a log while nothing breaks: one order for all, and a deploy that nobody notices.
 */
import { createRandom, eventually } from "@sse-service/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Checker } from "../src/checker.js";
import { Client } from "../src/client.js";
import { Fleet } from "../src/fleet.js";
import { Load } from "../src/load.js";
import type { Reader, Received } from "../src/received.js";
import { hasStore, type Store, startStore } from "../src/store.js";
import { Truth } from "../src/truth.js";

const READY_MS = 30_000;
const DRAIN_MS = 4_000;

/** In which so many of those who were sent away come back at most, and how much more than an even share. */
const SPAN_MS = 1_000;
const UNEVENNESS = 2;

for (const engine of ["redis", "nats"] as const) {
	describe.skipIf(!hasStore(engine))(`three processes on one log in ${engine}`, () => {
		let store: Store;
		let fleet: Fleet;
		const clients: Client[] = [];
		const problems: string[] = [];

		beforeEach(async () => {
			problems.length = 0;
			store = await startStore(engine);
			const own = { enginePort: store.port, maxEvents: 100_000, drainMs: DRAIN_MS };
			fleet = await Fleet.start({ engine, ...own });
			expect(await fleet.untilReady(READY_MS)).toEqual([]);
		});
		afterEach(async () => {
			for (const client of clients.splice(0)) client.stop();
			await fleet?.stop();
			await store?.stop();
		});

		/** Start so many clients of one group, which stay for as long as they can. `ports`: of the processes that each may connect to */
		const open = async (
			count: number,
			portsOf: (index: number) => readonly number[],
		): Promise<void> => {
			for (let index = 0; index < count; index++) {
				const name = `client${index}`;
				const client = new Client({ name, clientId: name, groups: ["red"] }, "steady", {
					random: createRandom(index),
					ports: () => portsOf(index),
					onProblem: (_, what) => problems.push(what),
				});
				clients.push(client);
				client.start();
			}
			const isOpen = ({ received }: Client): boolean => received.some(({ kind }) => kind === "id");
			await eventually(() => clients.every(isOpen), "every client to be connected");
		};

		it("send 150 clients of one group everything in one order, whoever sends it", async () => {
			await open(150, (index) => fleet.ports().slice(index % 3, (index % 3) + 1));
			const count = 600;
			const answers = await Promise.all(
				Array.from({ length: count }, (_, number) =>
					fleet.members[number % 3]?.publish({ number, target: { group: "red" }, padding: 0 }),
				),
			);
			expect(answers.filter((answer) => answer === undefined || "code" in answer)).toEqual([]);
			const orderOf = ({ received }: Client): number[] =>
				received.flatMap((each) => (each.kind === "event" ? [each.number] : []));
			await eventually(
				() => clients.every((client) => orderOf(client).length >= count),
				"every event to arrive",
			);
			const [first = [], ...others] = clients.map(orderOf);
			expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, at) => at));
			for (const other of others) expect(other).toEqual(first);
			expect(problems).toEqual([]);
		});

		// Whichever engine it is.
		it.skipIf(engine !== "redis")(
			"are deployed one after the other under load: nobody misses anything, and not all come back at once",
			async () => {
				await open(200, () => fleet.ports());
				const truth = new Truth();
				const load = new Load({
					fleet,
					truth,
					random: createRandom(1),
					perSecond: 60,
					groups: ["red"],
					clientIds: clients.map(({ reader }) => reader.clientId),
					onProblem: (what) => problems.push(what),
				});
				load.start();
				const rates: { readonly most: number; readonly even: number }[] = [];
				try {
					for (const member of fleet.members) {
						const left = clients.filter(({ received }) => processOf(received) === member.port);
						const before = left.map(({ received }) => received.length);
						await member.end();
						await eventually(
							() => left.every(({ received }) => isElsewhere(received, member.port)),
							"all to have gone elsewhere",
						);
						const times = left.map(({ received }, index) =>
							openedAt(received.slice(before[index])),
						);
						rates.push({
							most: mostInASpan(times),
							even: (left.length * SPAN_MS) / DRAIN_MS,
						});
						await member.startAgain();
						expect(await fleet.untilReady(READY_MS)).toEqual([]);
					}
					const mark = await load.mark(READY_MS);
					if (mark === undefined) throw new Error("nothing could be published");
					const isThere = ({ received }: Client): boolean =>
						received.some(
							(each) => "position" in each && each.position.sequence >= mark.position.sequence,
						);
					await eventually(() => clients.every(isThere), "the last event to arrive");
				} finally {
					load.stop();
				}
				await load.answered();
				const received = new Map<Reader, readonly Received[]>(
					clients.map((client) => [client.reader, client.take()]),
				);
				expect(new Checker(truth).check(received)).toEqual([]);
				expect([...received.values()].flat().filter(({ kind }) => kind === "gap")).toEqual([]);
				for (const { most, even } of rates) {
					expect(even).toBeGreaterThan(5);
					expect(most).toBeLessThan(UNEVENNESS * even);
				}
				expect(problems).toEqual([]);
			},
		);
	});
}

function isElsewhere(received: readonly Received[], port: number): boolean {
	return ![port, undefined].includes(processOf(received));
}

/** The process that it is connected to. */
function processOf(received: readonly Received[]): number | undefined {
	const last = received.findLast(({ kind }) => kind === "opened" || kind === "closed");
	return last?.kind === "opened" ? last.process : undefined;
}

function openedAt(received: readonly Received[]): number {
	return received.find(({ kind }) => kind === "opened")?.at ?? Number.NaN;
}

/** The most of these times that are in any span. */
function mostInASpan(times: readonly number[]): number {
	const within = (from: number): number =>
		times.filter((time) => time >= from && time < from + SPAN_MS).length;
	return Math.max(...times.map(within));
}
