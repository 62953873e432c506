/**
 * The clock of the server, by which leases and TTLs end.
 */
import type { RunStatus } from "sse-service/runs";
import { describe, expect, it } from "vitest";
import type { JetStream } from "../src/jetstream.js";
import { Removal } from "../src/runs/removal.js";
import { claimed, ended, located, type RunDraft } from "../src/runs/run-head.js";
import { RunKeeper } from "../src/runs/run-keeper.js";
import type { RunRecord } from "../src/runs/run-record.js";
import type { RunStream } from "../src/runs/run-stream.js";
import { ServerClock } from "../src/runs/server-clock.js";

const RULES = { leaseMs: 10_000, ttlMs: 60_000, maxRuns: 10 };

const STARTED = 1_000_000_000;

/** A server with one run. Its clock is not ours to set, so it is not a real one. */
function startServer() {
	let now = STARTED;
	let looks = 0;
	let newest: RunRecord | undefined;
	const purged: number[] = [];
	const clock = new ServerClock({
		now: async () => {
			looks++;
			return now;
		},
	} as unknown as JetStream);
	const put = ({ head }: RunDraft, sequence: number): number => {
		const record = { sequence, at: now, isPart: false, since: sequence, body: Buffer.alloc(0) };
		newest = { ...record, head: located(head, sequence) };
		return sequence;
	};
	const stream = {
		subjects: { run: (id: string) => id },
		now: (due = Number.POSITIVE_INFINITY) => clock.now("runs", ">", due),
		last: async () => newest,
		newest: async () => [newest],
		count: async () => 1,
		append: async (_: string, draft: RunDraft) => put(draft, (newest?.sequence ?? 0) + 1),
		purge: async (_: string, upTo: number) => void purged.push(upTo),
	} as unknown as RunStream;
	const keeper = new RunKeeper(stream, () => {});
	const next = (): number => (newest?.sequence ?? 0) + 1;
	return {
		purged,
		looks: () => looks,
		set: (time: number) => {
			now = time;
		},
		claim: () => void put(claimed("r", "attempt", RULES, now), next()),
		end: () => {
			const { head } = claimed("r", "attempt", RULES, now);
			put(ended(head, "cancelled", undefined, RULES.ttlMs, now), next());
		},
		settle: async (): Promise<RunStatus | undefined> =>
			(await keeper.change("r", () => ({ answer: undefined }))).status,
		makeRoom: () =>
			new Removal(stream, () => {}).makeRoom(1).catch((error: { code?: string }) => error.code),
	};
}

// The clock was looked at every 30 s. In between, what the server stored just now seemed to be older than its lease, or its TTL.
describe("a run whose server's clock is set back", () => {
	it("is not lost while its producer is alive", async () => {
		const server = startServer();
		server.claim();
		expect(await server.settle()).toMatchObject({ state: "running" });
		server.set(STARTED - 20_000);
		server.claim();
		expect(await server.settle()).toMatchObject({ state: "running" });
	});

	it("is not forgotten while its TTL lasts", async () => {
		const server = startServer();
		server.claim();
		await server.settle();
		server.set(STARTED - 120_000);
		server.end();
		expect(await server.settle()).toMatchObject({ state: "cancelled" });
	});

	it("is not removed to make room for another", async () => {
		const server = startServer();
		server.claim();
		await server.settle();
		server.set(STARTED - 120_000);
		server.claim();
		expect(await server.makeRoom()).toBe("ERR_SSE_MAX_RUNS");
		expect(server.purged).toEqual([]);
	});
});

describe("a run", () => {
	it("is lost once its lease has ended", async () => {
		const server = startServer();
		server.claim();
		server.set(STARTED + RULES.leaseMs);
		expect(await server.settle()).toMatchObject({ state: "failed", reason: "lost" });
	});

	// If no process had swept it, the next process that looked at the run began another TTL, so it was kept for an unknown time.
	it("is forgotten its TTL after its lease, if nobody has noticed its end", async () => {
		const server = startServer();
		server.claim();
		server.set(STARTED + RULES.leaseMs + RULES.ttlMs);
		expect(await server.settle()).toBeUndefined();
		await server.makeRoom();
		expect(server.purged).toEqual([1]);
	});

	it("costs no look at the clock for each call while it is kept", async () => {
		const server = startServer();
		server.claim();
		for (let calls = 0; calls < 5; calls++) await server.settle();
		server.end();
		for (let calls = 0; calls < 5; calls++) await server.settle();
		expect(server.looks()).toBe(1);
	});
});
