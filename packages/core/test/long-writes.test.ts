/**
 * A call of the run store that takes longer than a lease, as one with a large event does over a slow link.
 */
import { settled } from "@sse-service/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
	AttemptWriter,
	createMemoryRunStore,
	createRuns,
	type Run,
	type RunStore,
} from "../src/runs.js";

const LARGE = "x".repeat(3_000_000);
const LEASE_MS = 10_000;
/** How long the large event takes, at 2 Mbit/s. */
const LARGE_MS = 12_000;
const RULES = { leaseMs: LEASE_MS, ttlMs: 600_000, maxRuns: 10 };

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "performance"] });
});
afterEach(() => void vi.useRealTimers());

/** A store which a large event reaches late, and how many writes of it have begun. */
function slowStore() {
	const store = createMemoryRunStore();
	const write = store.write.bind(store);
	let begun = 0;
	let failures = 0;
	store.write = async (writes) => {
		if (!writes.some(({ entries }) => entries.some(({ data }) => data.length > 1_000_000))) {
			return write(writes);
		}
		begun++;
		if (failures-- > 0) throw new Error("out");
		await new Promise((resolve) => setTimeout(resolve, LARGE_MS));
		return write(writes);
	};
	return {
		store,
		get begun() {
			return begun;
		},
		fail(times: number): void {
			failures = times;
		},
	};
}

async function stateOf(store: RunStore, id: string): Promise<string> {
	const { state = "none", reason = "" } = (await store.settle(id)) ?? {};
	return `${state} ${reason}`;
}

describe("a call of the store that takes longer than a lease", () => {
	// Cause: renewals waited for it, so that the process lost all of its runs.
	it.each([
		["at once", 0],
		["after it has failed once", 1],
	])("costs no run of the process when it ends %s", async (_, failures) => {
		const slow = slowStore();
		const runs = createRuns({ store: slow.store, batchMs: 0, leaseMs: LEASE_MS });
		slow.fail(failures);
		let large: Run | undefined;
		let end = (): void => {};
		const ended = new Promise<void>((resolve) => {
			end = resolve;
		});
		for (const id of ["large", "other"]) {
			await runs.start(id, async (run) => {
				if (id === "large") large = run;
				await run.send("first");
				await ended;
			});
		}
		await vi.advanceTimersByTimeAsync(3_000);
		void large?.send(LARGE);
		await vi.advanceTimersByTimeAsync(LARGE_MS - 1_000);
		expect(slow.begun).toBe(1 + failures);
		for (const id of ["large", "other"]) expect(await stateOf(slow.store, id)).toBe("running ");
		await vi.advanceTimersByTimeAsync(2_000);
		expect(await slow.store.settle("large")).toMatchObject({ sequence: 2, state: "running" });
		// From then on a producer that dies is noticed as soon as ever.
		await vi.advanceTimersByTimeAsync(LEASE_MS);
		for (const id of ["large", "other"]) {
			expect((await slow.store.settle(id))?.leaseLeftMs).toBeLessThanOrEqual(LEASE_MS);
		}
		end();
		await vi.advanceTimersByTimeAsync(100);
		for (const id of ["large", "other"]) expect(await stateOf(slow.store, id)).toBe("done ");
		await settled(runs.close(), "the end");
	});

	// Cause: a busy process often has as much to write in a call, and renewed all of its leases before each.
	it("is preceded by renewals only of leases that it may outlast", async () => {
		const store = createMemoryRunStore();
		const write = store.write.bind(store);
		const written: string[] = [];
		store.write = async (writes) => {
			for (const { id, entries } of writes) written.push(`${id} ${entries.length}`);
			return write(writes);
		};
		const runs = createRuns({ store, batchMs: 0, leaseMs: LEASE_MS });
		let end = (): void => {};
		const ended = new Promise<void>((resolve) => {
			end = resolve;
		});
		const start = (id: string): Promise<Run> =>
			new Promise((resolve, reject) => {
				const produce = async (run: Run): Promise<void> => {
					resolve(run);
					await ended;
				};
				runs.start(id, produce).catch(reject);
			});
		await start("older");
		await vi.advanceTimersByTimeAsync(LEASE_MS / 4);
		const large = await start("large");
		await start("newer");
		const ofMs = (ms: number): string => "x".repeat(ms * 128);
		await large.send(ofMs(LEASE_MS / 2));
		await vi.advanceTimersByTimeAsync(0);
		expect(written).toEqual(["older 0", "large 1"]);
		written.length = 0;
		// The older one has its longer lease for a while.
		await large.send(ofMs(LEASE_MS / 2));
		await vi.advanceTimersByTimeAsync(0);
		expect(written).toEqual(["large 1"]);
		end();
		await settled(runs.close(), "the end");
	});

	it("costs no attempt of a library that writes itself", async () => {
		const slow = slowStore();
		const { status } = await slow.store.claim("r", RULES);
		const writer = new AttemptWriter(slow.store, status, RULES);
		await writer.write([{ data: "first" }]);
		const writing = writer.write([{ data: LARGE }]);
		await vi.advanceTimersByTimeAsync(LARGE_MS - 1_000);
		expect(await stateOf(slow.store, "r")).toBe("running ");
		await vi.advanceTimersByTimeAsync(1_000);
		expect(await writing).toBe(true);
		expect(writer.sequence).toBe(2);
	});
});
