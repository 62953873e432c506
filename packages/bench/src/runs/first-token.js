// How long the first token of a run takes to its reader, who waits for it: alone, while nothing else happens.

import { setTimeout as pause } from "node:timers/promises";
import { redisRunStore } from "@sse-service/redis";
import { createClient } from "redis";
import { createMemoryRunStore, createRuns } from "sse-service/runs";

/** @typedef {{ store: string, p50Ms: number, p99Ms: number }} FirstToken */

/** What a reader and its store need to settle down: only then is it the token alone that is measured. */
const SETTLED_MS = 30;

/** @param {string} url of Redis @param {number} runs @returns {Promise<FirstToken[]>} */
export async function firstTokens(url, runs) {
	const memory = createRuns({ store: createMemoryRunStore() });
	const inMemory = await measure("memory", memory, memory, runs);
	await memory.close();

	const clients = [createClient({ url }), createClient({ url })];
	const [producer, follower] = await Promise.all(
		clients.map(async (client) => {
			await client.connect();
			return createRuns({ store: redisRunStore({ client }) });
		}),
	);
	if (producer === undefined || follower === undefined) throw new Error("there are two clients");
	const overRedis = await measure("Redis", producer, follower, runs);
	await Promise.all([producer.close(), follower.close()]);
	for (const client of clients) client.destroy();
	return [inMemory, overRedis];
}

/** @typedef {import("sse-service/runs").Runs} Runs */

/** @param {string} store @param {Runs} producer @param {Runs} follower @param {number} runs @returns {Promise<FirstToken>} */
async function measure(store, producer, follower, runs) {
	/** @type {number[]} */
	const delays = [];
	for (let i = 0; i < runs; i++) delays.push(await firstDelay(producer, follower, `first-${i}`));
	delays.sort((one, other) => one - other);
	const quantile = (/** @type {number} */ share) =>
		delays[Math.min(runs - 1, Math.floor(runs * share))] ?? Number.NaN;
	return { store, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

/** @param {Runs} producer @param {Runs} follower @param {string} id */
async function firstDelay(producer, follower, id) {
	let release = () => {};
	const released = new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
		release = resolve;
	});
	let sentAt = 0;
	await producer.start(id, async (run) => {
		await released;
		sentAt = performance.now();
		await run.send("token");
	});
	const { body } = await follower.follow(id, new Request("http://localhost/"));
	const reader = /** @type {ReadableStream<Uint8Array>} */ (body).getReader();
	// The first bytes are those of the open stream.
	await reader.read();
	await pause(SETTLED_MS);
	release();
	await reader.read();
	const delay = performance.now() - sentAt;
	while (!(await reader.read()).done);
	return delay;
}
