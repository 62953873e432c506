/**
 * A drain of many connections: its clients do not reconnect all at once. When they end is measured in a long run only: the
 * clock of a busy machine says nothing of it.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { isLongRun, settled, sizeOf, startServer } from "@sse-service/testing";
import { expect, it } from "vitest";
import { createSSEService } from "../../src/index.js";

const [CONNECTIONS, DRAIN_MS, SPAN_MS] = sizeOf({
	usual: [500, 1_000, 100],
	long: [5_000, 10_000, 1_000],
});
const EVEN = (CONNECTIONS * SPAN_MS) / DRAIN_MS;

interface End {
	readonly id: number;
	readonly endedAt: number;
	readonly retry: number;
	readonly isClean: boolean;
}

/** The most of these times that are in any span. */
function mostInASpan(times: readonly number[]): number {
	const sorted = times.toSorted((a, b) => a - b);
	let from = 0;
	return sorted.reduce((most, time, index) => {
		while ((sorted[from] ?? time) <= time - SPAN_MS) from++;
		return Math.max(most, index - from + 1);
	}, 0);
}

const claim = isLongRun
	? `in any ${SPAN_MS} ms fewer than twice the even share end, and come back`
	: "each ends well, and is told when to come back";

it(`of ${CONNECTIONS} connections drained over ${DRAIN_MS} ms ${claim}`, async ({ annotate }) => {
	const endedAt = new Map<number, number>();
	const sse = createSSEService({
		onDisconnect: ({ client }) =>
			endedAt.set(Number(client.clientId), performance.timeOrigin + performance.now()),
	});
	const server = await startServer((req, res) => {
		sse.connect({ req, res, clientId: req.url?.slice(1) });
	});
	const clients = fork(`${import.meta.dirname}/drain-clients.mjs`);
	try {
		const opened = once(clients, "message");
		clients.send({ port: server.port, count: CONNECTIONS });
		await settled(opened, "every client to connect");
		const report = once(clients, "message");
		const began = performance.now();
		await sse.close({ drainMs: DRAIN_MS });
		const tookMs = performance.now() - began;
		const [received] = await settled(report, "what the clients have seen");
		const ends: readonly End[] = received;

		expect(tookMs).toBeGreaterThanOrEqual(DRAIN_MS - 50);
		expect(ends).toHaveLength(CONNECTIONS);
		expect(ends.filter(({ isClean }) => !isClean)).toEqual([]);
		expect(Math.min(...ends.map(({ retry }) => retry))).toBeGreaterThanOrEqual(500);
		expect(Math.max(...ends.map(({ retry }) => retry))).toBeLessThanOrEqual(1_500);
		// By the server's clock: clients that were not given the processor see many ends at once.
		const most = mostInASpan([...endedAt.values()]);
		const mostBack = mostInASpan(ends.map(({ id, retry }) => (endedAt.get(id) ?? 0) + retry));
		const mostSeen = mostInASpan(ends.map((end) => end.endedAt));
		await annotate(
			`the drain took ${Math.round(tookMs)} ms; in any ${SPAN_MS} ms at most ${most} ended (${mostSeen} as clients saw it), ` +
				`and ${mostBack} came back; an even share is ${EVEN}`,
		);
		expect(endedAt.size).toBe(CONNECTIONS);
		if (!isLongRun) return;
		expect(most).toBeLessThan(2 * EVEN);
		expect(mostBack).toBeLessThan(2 * EVEN);
	} finally {
		clients.disconnect();
		await server.destroy();
	}
});
