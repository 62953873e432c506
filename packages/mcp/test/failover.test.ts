/**
 * A stream whose store has lost messages that it had acknowledged, as a Redis does whose replica takes over.
 */
import { redisRunStore } from "@sse-service/redis";
import { eventually } from "@sse-service/testing";
import { redisServerPath, startRedisServer } from "@sse-service/testing/redis-server";
import type { Redis } from "ioredis";
import type { RunStore } from "sse-service/runs";
import { describe, expect, it, onTestFinished } from "vitest";
import { createMcpEvents, type SessionEvents } from "../src/index.js";
import { openRedis } from "./stores.js";

const note = (number: number): object => ({ jsonrpc: "2.0", method: "n", params: { number } });
const refused = { code: "ERR_SSE_RUN_UNKNOWN" };

async function replay(session: SessionEvents, id: string | undefined): Promise<unknown[]> {
	const messages: unknown[] = [];
	const send = async (_: string, message: object) => void messages.push(message);
	await session.replayEventsAfter(id ?? "", { send });
	return messages;
}

/** Keeps what Redis has. @returns a function that puts it back */
async function keep(client: Redis): Promise<() => Promise<void>> {
	const keys = await client.keys("*");
	const values = await Promise.all(keys.map((key) => client.dumpBuffer(key)));
	return async () => {
		await client.flushdb();
		for (const [index, key] of keys.entries()) {
			await client.restore(key, 600_000, values[index] ?? "");
		}
	};
}

describe.skipIf(redisServerPath === undefined)("after a failover of Redis", () => {
	// The first message after it got the id of one that was lost, and a client that resumed from before got only this one.
	it.each([
		["the next message is stored", undefined],
		["a sign of life was lost before it, and the next message is stored", "write"],
	] as const)("ids of before are refused once %s", async (_, failing) => {
		const server = await startRedisServer();
		const client = openRedis(server.port);
		let isOut = false;
		const store: RunStore = new Proxy(redisRunStore({ client }), {
			get: (target, name: keyof RunStore) => {
				const method = target[name].bind(target) as (...args: unknown[]) => unknown;
				if (name !== failing) return method;
				return (...args: unknown[]) => (isOut ? Promise.reject(new Error("out")) : method(...args));
			},
		});
		const errors: unknown[] = [];
		const events = createMcpEvents({ store, onError: (error) => errors.push(error) });
		onTestFinished(async () => {
			await events.close();
			client.disconnect();
			await server.stop();
		});
		const session = events.session("s");
		const ids: string[] = [];
		const storeNotes = async (first: number, last: number): Promise<void> => {
			for (let number = first; number <= last; number++) {
				ids.push(await session.storeEvent("s", note(number)));
			}
		};
		ids.push(await session.storeEvent("s", {}));
		await storeNotes(1, 8);
		const rollBack = await keep(client);
		await storeNotes(9, 10);
		if (failing !== undefined) {
			isOut = true;
			session.onmessage({ jsonrpc: "2.0", id: 1, method: "m" });
			await eventually(() => errors.length > 0, "the store to be out of reach");
			isOut = false;
		}
		await rollBack();
		for (const id of ids.slice(0, 9)) {
			await expect(replay(session, id)).rejects.toMatchObject(refused);
		}
		const lost = ids.slice();
		await storeNotes(11, 12);
		expect(new Set(ids).size).toBe(ids.length);
		for (const id of lost) await expect(replay(session, id)).rejects.toMatchObject(refused);
		expect(await replay(session, ids.at(-2))).toEqual([note(12)]);
	});
});
