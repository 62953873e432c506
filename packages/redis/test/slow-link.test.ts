/**
 * A slow link to Redis: what it cannot bring in time at once, it brings in parts.
 */
import { redisServerPath } from "@sse-service/testing/redis-server";
import { startTcpLink } from "@sse-service/testing/tcp-link";
import {
	afterAll,
	afterEach,
	beforeAll,
	beforeEach,
	describe,
	expect,
	it,
	onTestFinished,
} from "vitest";
import { Lab, store, untilDone } from "./lab.js";

/** A link that brings no more of one answer. */
async function startLink(port: number, bytes: number): Promise<number> {
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
		const far = await lab.openEngine({ port: await startLink(lab.server.port, 512 * 1024) });
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
});
