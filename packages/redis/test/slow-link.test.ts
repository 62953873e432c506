/**
 * A slow link to Redis: what it cannot bring in time at once, it brings in parts.
 */
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { redisServerPath } from "@sse-service/testing/redis-server";
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
	const server = net.createServer((client) => {
		const upstream = net.connect(port, "127.0.0.1");
		let left = bytes;
		client.on("data", (asked) => {
			left = bytes;
			upstream.write(asked);
		});
		upstream.on("data", (answer) => {
			left -= answer.length;
			if (left >= 0) client.write(answer);
		});
		for (const [one, other] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			one.on("error", () => {});
			one.on("close", () => other.destroy());
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	onTestFinished(() => void server.close());
	return (server.address() as AddressInfo).port;
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
