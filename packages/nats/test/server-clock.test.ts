/**
 * The clock of the server, by which leases end.
 */
import type { RunStatus } from "sse-service/runs";
import { describe, expect, it } from "vitest";
import type { JetStream } from "../src/jetstream.js";
import { claimed, located, type RunDraft } from "../src/runs/run-head.js";
import { RunKeeper } from "../src/runs/run-keeper.js";
import type { RunRecord } from "../src/runs/run-record.js";
import type { RunStream } from "../src/runs/run-stream.js";
import { ServerClock } from "../src/runs/server-clock.js";

const RULES = { leaseMs: 10_000, ttlMs: 60_000, maxRuns: 10 };

describe("a run whose server's clock is set back", () => {
	/** A server with one run. Its clock is not ours to set, so it is not a real one. */
	function startServer(): { keeper: RunKeeper; set(now: number): void; store(): void } {
		let now = 1_000_000_000;
		let newest: RunRecord | undefined;
		const clock = new ServerClock({
			createPullConsumer: async () => ({ name: "c", created: new Date(now).toISOString() }),
			deleteConsumer: () => {},
		} as unknown as JetStream);
		const put = ({ head }: RunDraft, sequence: number): number => {
			const record = { sequence, at: now, isPart: false, since: sequence, body: Buffer.alloc(0) };
			newest = { ...record, head: located(head, sequence) };
			return sequence;
		};
		const look = (): Promise<number> => clock.now("runs", ">");
		const stream = {
			subjects: { run: (id: string) => id },
			now: look,
			checkedNow: () => {
				clock.forget();
				return look();
			},
			last: async () => newest,
			append: async (_: string, draft: RunDraft) => put(draft, (newest?.sequence ?? 0) + 1),
		} as unknown as RunStream;
		return {
			keeper: new RunKeeper(stream, () => {}),
			set: (time) => {
				now = time;
			},
			store: () => void put(claimed("r", "attempt", RULES, now), (newest?.sequence ?? 0) + 1),
		};
	}

	const settle = async (keeper: RunKeeper): Promise<RunStatus | undefined> =>
		(await keeper.change("r", () => ({ answer: undefined }))).status;

	// The clock was looked at every 30 s. In between, what the server stored just now seemed to be older than its lease.
	it("is not lost while its producer is alive", async () => {
		const { keeper, set, store } = startServer();
		store();
		expect(await settle(keeper)).toMatchObject({ state: "running" });
		set(1_000_000_000 - 20_000);
		store();
		expect(await settle(keeper)).toMatchObject({ state: "running" });
	});

	it("is lost once its lease has ended", async () => {
		const { keeper, set, store } = startServer();
		store();
		set(1_000_000_000 + 10_000);
		expect(await settle(keeper)).toMatchObject({ state: "failed", reason: "lost" });
	});
});
