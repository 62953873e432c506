/**
 * A slow link to Redis: what it cannot bring in time at once, it brings in parts, or with more time.
 */
import type { Socket } from "node:net";
import { settled } from "@sse-service/testing";
import { redisServerPath } from "@sse-service/testing/redis-server";
import { startTcpLink } from "@sse-service/testing/tcp-link";
import { type ClaimRules, createRuns } from "sse-service/runs";
import {
	afterAll,
	afterEach,
	beforeAll,
	beforeEach,
	describe,
	expect,
	it,
	onTestFinished,
	vi,
} from "vitest";
import { redisRunStore } from "../src/index.js";
import { Lab, store, textsOf, until, untilDone } from "./lab.js";

const LARGE = "x".repeat(2_000_000);
/** How long the link takes for it: longer than three seconds, at 400 kB/s. */
const LARGE_MS = 5_000;
const END_MS = 200;
const RULES: ClaimRules = { leaseMs: 60_000, ttlMs: 600_000, maxRuns: 10 };

/** A link that brings no more of one answer. */
async function startShortLink(port: number, bytes: number): Promise<number> {
	const link = await startTcpLink(port, (client, upstream) => {
		let left = bytes;
		client.on("data", (asked) => {
			left = bytes;
			upstream.write(asked);
		});
		upstream.on("data", (answer) => {
			left -= answer.length;
			if (left >= 0) client.write(answer);
		});
	});
	onTestFinished(link.close);
	return link.port;
}

interface SlowLink {
	readonly port: number;
	/** How many large texts came over it, either way. */
	readonly count: number;
}

/** A link on which a large text takes time, and the end of a connection, by a clock that nothing else moves. */
async function startSlowLink(port: number): Promise<SlowLink> {
	let count = 0;
	const pass = (ms: number): void => {
		if (vi.isFakeTimers()) vi.advanceTimersByTime(ms);
	};
	const link = await startTcpLink(port, (client, upstream) => {
		// For the pause before the next one.
		client.on("close", () => pass(END_MS));
		for (const [from, to] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			let bytes = 0;
			from.on("data", (part) => {
				bytes += part.length;
				if (bytes >= LARGE.length) {
					bytes -= LARGE.length;
					count++;
					pass(LARGE_MS);
				}
				to.write(part);
			});
		}
	});
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
	onTestFinished(() => {
		vi.useRealTimers();
		link.close();
	});
	return {
		port: link.port,
		get count() {
			return count;
		},
	};
}

function startGate() {
	let open = (): void => {};
	const opened = new Promise<void>((resolve) => {
		open = resolve;
	});
	return { opened, open: () => open() };
}

/** A link that holds back what is large until the test lets it go on. */
async function startHoldingLink(port: number) {
	const held: Socket[] = [];
	let isOpen = false;
	const link = await startTcpLink(port, (client, upstream) => {
		let bytes = 0;
		client.on("data", (part) => {
			bytes += part.length;
			if (bytes >= LARGE.length / 2 && !isOpen) {
				client.pause();
				held.push(client);
			}
			upstream.write(part);
		});
		upstream.on("data", (part) => client.write(part));
	});
	onTestFinished(link.close);
	return {
		port: link.port,
		get isHolding(): boolean {
			return held.length > 0;
		},
		letGo: () => {
			isOpen = true;
			for (const client of held) client.resume();
		},
	};
}

describe.skipIf(redisServerPath === undefined)("over a slow link", () => {
	let lab: Lab;

	beforeAll(async () => {
		lab = await Lab.start();
	});
	afterAll(() => lab?.stop());
	beforeEach(() => lab.begin());
	afterEach(() => lab.clear());

	// Cause: 256 entries were asked for at a time, whatever their size. What did not arrive within five seconds was asked for
	// again from the same place, for ever.
	it("large events arrive, a few at a time", async () => {
		const EVENTS = 5;
		const near = await lab.openEngine();
		const large = "x".repeat(200 * 1024);
		for (let count = 0; count < EVENTS; count++) await untilDone(() => store(near, large));
		const far = await lab.openEngine({ port: await startShortLink(lab.server.port, 512 * 1024) });
		const taken: number[] = [];
		const all = new AbortController();
		while (!all.signal.aborted) {
			const take: Parameters<typeof far.follow>[1] = (stored) => {
				for (const { sequence } of stored) taken.push(sequence);
				if (taken.length === EVENTS) all.abort();
			};
			await far.follow(taken.length, take, all.signal).catch(() => {});
		}
		expect(taken).toEqual([1, 2, 3, 4, 5]);
	});

	describe.each(["node-redis 6", "ioredis 6"])("of %s", (library) => {
		async function openStore(port: number) {
			const { client } = await lab.client({ library, port });
			const runs = redisRunStore({ client, prefix: lab.prefix });
			onTestFinished(() => runs.close());
			return runs;
		}

		/** A run with an entry, its store near Redis, and how to write to it. */
		async function openRun() {
			const near = await openStore(lab.server.port);
			const { status } = await near.claim("r", RULES);
			const { id, attempt, term } = status;
			const write = (runs: typeof near, after: number, data: string) => {
				const snapshot = { sequence: after + 1, state: JSON.stringify(data) };
				return runs.write([
					{ id, attempt, term, after, entries: [{ data }], snapshot, rules: RULES },
				]);
			};
			await untilDone(() => write(near, 0, "first"));
			return { near, attempt, write };
		}

		// Cause: every command had three seconds on a connection, and five in all, whatever its size. What was not sent by then was
		// sent again, for ever.
		it("large events are stored, and what is behind them is answered", async () => {
			const near = await lab.openEngine();
			await untilDone(() => store(near, "first"));
			const link = await startSlowLink(lab.server.port);
			const far = await lab.openEngine({ library, port: link.port });
			const calls = [store(far, LARGE), store(far, LARGE), far.newest()];
			const sequences = (await settled(Promise.all(calls), "the answers")).map(
				({ sequence }) => sequence,
			);
			expect(sequences).toEqual([2, 3, 3]);
			expect(link.count).toBe(2);
		});

		it("large entries of runs are written, and what is behind them is answered", async () => {
			const { attempt, write } = await openRun();
			const link = await startSlowLink(lab.server.port);
			const far = await openStore(link.port);
			const calls = [write(far, 1, LARGE), far.settle("r")] as const;
			const [written, status] = await settled(Promise.all(calls), "the answers");
			expect(written).toEqual([2]);
			expect(status).toMatchObject({ attempt, sequence: 2 });
			// The entry, and the snapshot.
			expect(link.count).toBe(2);
		});

		// Cause: nothing renewed a lease while a large event was under way, so that the process lost all of its runs.
		it("a large event costs no run of its process, though it takes longer than a lease", async () => {
			const LEASE_MS = 3_000;
			const near = await openStore(lab.server.port);
			const link = await startHoldingLink(lab.server.port);
			const runs = createRuns({ store: await openStore(link.port), batchMs: 0, leaseMs: LEASE_MS });
			onTestFinished(() => runs.close());
			const ids = ["large", "other"];
			const gates = [startGate(), startGate()] as const;
			for (const id of ids) {
				await runs.start(id, async (run) => {
					await run.send("first");
					await gates[0].opened;
					if (id === "large") await run.send(LARGE);
					await gates[1].opened;
				});
			}
			const areWritten = async (...sequences: number[]): Promise<boolean> => {
				const found = await Promise.all(ids.map((id) => near.settle(id)));
				return found.every((each, index) => each?.sequence === sequences[index]);
			};
			const now = async (): Promise<number> => Number(((await lab.call("TIME")) as string[])[0]);
			await until(() => areWritten(1, 1));
			gates[0].open();
			await until(async () => link.isHolding);
			const since = await now();
			await until(async () => (await now()) - since > LEASE_MS / 1_000);
			for (const id of ids) expect(await near.settle(id)).toMatchObject({ state: "running" });
			link.letGo();
			await until(() => areWritten(2, 1));
			gates[1].open();
			await until(() => areWritten(3, 2));
			for (const id of ids) expect(await near.settle(id)).toMatchObject({ state: "done" });
		});

		// Cause: the same, of answers.
		it("large events are read, and what is behind them is answered", async () => {
			const near = await lab.openEngine();
			await untilDone(() => store(near, LARGE));
			const link = await startSlowLink(lab.server.port);
			const far = await lab.openEngine({ library, port: link.port });
			const calls = [far.read(1, 1), far.newest()] as const;
			const [read, newest] = await settled(Promise.all(calls), "the answers");
			// `toBe(true)`, because printing the difference of such texts takes minutes.
			expect(textsOf(read).join() === LARGE).toBe(true);
			expect(newest.sequence).toBe(1);
		});

		// Cause: a follower gave each answer five seconds, and then asked for the same event again, for ever.
		it("a large event arrives at a follower, though it takes longer than most", async () => {
			const near = await lab.openEngine();
			await untilDone(() => store(near, LARGE));
			const link = await startSlowLink(lab.server.port);
			const far = await lab.openEngine({ library, port: link.port });
			const arrived = new AbortController();
			let text = "";
			const take: Parameters<typeof far.follow>[1] = ([first]) => {
				if (first === undefined) return;
				text = first.text;
				arrived.abort();
			};
			await untilDone(() => far.follow(0, take, arrived.signal));
			expect(text === LARGE).toBe(true);
			// Among 256, 16 and one, and alone with more time.
			expect(link.count).toBe(4);
		});

		// Each late answer gave all commands behind it more time, so that they failed one after the other, later and later.
		it("commands that are never answered fail, however many there are", async () => {
			let isSilent = false;
			const link = await startTcpLink(lab.server.port, (client, upstream) => {
				client.on("data", (part) => {
					if (!isSilent || !part.includes("EVAL")) upstream.write(part);
				});
				upstream.on("data", (part) => client.write(part));
			});
			onTestFinished(link.close);
			const far = await lab.openEngine({ library, port: link.port });
			await untilDone(() => far.newest());
			isSilent = true;
			vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
			onTestFinished(() => void vi.useRealTimers());
			let isOver = false;
			const calls = Array.from({ length: 10 }, () => far.newest());
			const results = Promise.allSettled(calls).finally(() => {
				isOver = true;
			});
			const startedAt = performance.now();
			while (!isOver) {
				await vi.advanceTimersByTimeAsync(10);
				// Connections open by a real clock.
				await new Promise((resolve) => setImmediate(resolve));
			}
			expect(performance.now() - startedAt).toBeLessThan(45_000);
			expect(new Set((await results).map(({ status }) => status))).toEqual(new Set(["rejected"]));
		});

		it("large entries of runs, and snapshots, are read", async () => {
			const { near, attempt, write } = await openRun();
			await untilDone(() => write(near, 1, LARGE));
			const { port } = await startSlowLink(lab.server.port);
			const far = await openStore(port);
			const page = await settled(far.read("r", attempt, 2, 1), "the entry");
			expect(page?.[0]?.data === LARGE).toBe(true);
			const snapshot = await settled(far.snapshot("r", attempt), "the snapshot");
			expect(snapshot?.state === JSON.stringify(LARGE)).toBe(true);
		});
	});
});
