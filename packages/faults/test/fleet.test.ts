/**
 * Processes that share a log while nothing breaks: one order for all, and a deploy that nobody notices.
 */
import { createRandom, eventually, isLongRun, sizeOf } from "@sse-service/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Checker } from "../src/checker/checker.js";
import type { Received } from "../src/checker/received.js";
import { Client } from "../src/crowd/client.js";
import { Fleet } from "../src/fleet/fleet.js";
import { Load } from "../src/fleet/load.js";
import type { Member } from "../src/fleet/member.js";
import type { Answer } from "../src/fleet/member-program.js";
import { hasStore, startStore } from "../src/stores/start-store.js";
import type { Store } from "../src/stores/store.js";
import type { Reader } from "../src/truth/target.js";
import { Truth } from "../src/truth/truth.js";

const READY_MS = 600_000;
const WAIT = { interval: 100 };

/** So many have all in one order. */
const CLIENTS = sizeOf({ usual: 30, long: 150 });
/** So many live through a deploy. */
const DEPLOYED = sizeOf({ usual: 30, long: 200 });

/** So many are sent by each process, and one after these. */
const EACH = sizeOf({ usual: 40, long: 200 });
const LAST = 1_000;
/** The load of a deploy. */
const PER_SECOND = sizeOf({ usual: 30, long: 60 });
const DRAIN_MS = sizeOf({ usual: 1_000, long: 4_000 });

/** The span in which reconnects are counted, and how much more than an even share is allowed. */
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

		/** Starts this many clients of one group, which stay as long as they can. `ports`: of the processes that each may connect to */
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

		it("send many clients of one group everything in one order, whichever process sends it", async () => {
			await open(CLIENTS, (index) => fleet.ports().slice(index % 3, (index % 3) + 1));
			const send = (number: number, by: Member): ReturnType<Member["publish"]> =>
				by.publish({ number, target: { group: "red" }, padding: 0, idempotencyKey: `${number}` });
			const stored: number[] = [];
			/** Four at a time, of one process. */
			const sendAll = async (by: Member): Promise<void> => {
				for (let number = by.index * EACH; number < (by.index + 1) * EACH; number += 4) {
					const four = [0, 1, 2, 3].map((more) => number + more);
					const answers = await Promise.all(four.map((each) => send(each, by)));
					stored.push(...four.filter((_, at) => isStored(answers[at])));
				}
			};
			await Promise.all(fleet.members.map(sendAll));
			const [member] = fleet.members as [Member];
			await expect.poll(async () => isStored(await send(LAST, member)), WAIT).toBe(true);
			const orderOf = ({ received }: Client): number[] => {
				const numbers = received.flatMap((each) => (each.kind === "event" ? [each.number] : []));
				return numbers.slice(0, numbers.indexOf(LAST) + 1);
			};
			await expect
				.poll(() => clients.filter((each) => orderOf(each).length === 0), WAIT)
				.toEqual([]);
			const [first = [], ...others] = clients.map(orderOf);
			expect(stored.length).toBeGreaterThan(EACH);
			expect(stored.filter((number) => !first.includes(number))).toEqual([]);
			expect(new Set(first).size).toBe(first.length);
			for (const other of others) expect(other).toEqual(first);
			expect(problems).toEqual([]);
		});

		// It is the same with every engine, and takes its time.
		if (engine !== "redis") return;
		it("are deployed one after another under load: no client misses anything, and in a long run not all reconnect at once", async () => {
			await open(DEPLOYED, () => fleet.ports());
			const truth = new Truth();
			const load = new Load({
				fleet,
				truth,
				random: createRandom(1),
				perSecond: PER_SECOND,
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
					const times = left.map(({ received }, index) => openedAt(received.slice(before[index])));
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
			const found = await store.read(undefined);
			if (found !== undefined) truth.read(found, undefined);
			const received = new Map<Reader, readonly Received[]>(
				clients.map((client) => [client.reader, client.take()]),
			);
			expect(new Checker(truth).check(received)).toEqual([]);
			expect([...received.values()].flat().filter(({ kind }) => kind === "gap")).toEqual([]);
			expect(problems).toEqual([]);
			// The clock of a busy machine says nothing of it.
			if (!isLongRun) return;
			for (const { most, even } of rates) {
				expect(even).toBeGreaterThan(5);
				expect(most).toBeLessThan(UNEVENNESS * even);
			}
		});
	});
}

function isStored(answer: Answer | undefined): boolean {
	return answer !== undefined && "id" in answer;
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
