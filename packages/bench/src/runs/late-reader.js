// What a reader costs that comes when 20,000 tokens have been made, with a fold and without.

import { redisRunStore } from "@sse-service/redis";
import { createClient } from "redis";
import { createMemoryRunStore, createRuns } from "sse-service/runs";

/** @typedef {{ store: string, fold: boolean, bytes: number, stateBytes: number, ms: number }} LateReader */

/** @param {string} url of Redis @param {number} tokens @returns {Promise<LateReader[]>} */
export async function lateReaders(url, tokens) {
	/** @type {LateReader[]} */
	const rows = [];
	for (const store of ["memory", "Redis"]) {
		for (const fold of [false, true]) rows.push(await lateReader(url, store, fold, tokens));
	}
	return rows;
}

/** @param {string} url @param {string} store @param {boolean} fold @param {number} tokens @returns {Promise<LateReader>} */
async function lateReader(url, store, fold, tokens) {
	const client = createClient({ url });
	await client.connect();
	const runs = createRuns({
		store: store === "memory" ? createMemoryRunStore() : redisRunStore({ client }),
		...(fold
			? {
					fold: {
						initial: () => ({ text: "" }),
						fold: (/** @type {{ text: string }} */ { text }, { data }) => ({ text: text + data }),
						render: (/** @type {{ text: string }} */ { text }) => [
							{ event: undefined, data: text },
						],
					},
				}
			: {}),
	});
	const id = `late-${fold}`;
	await runs.start(id, async (run) => {
		for (let i = 0; i < tokens; i++) await run.send(" token");
	});
	while ((await runs.status(id))?.state === "running") {
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	const begun = performance.now();
	let bytes = 0;
	const { body } = await runs.follow(id, new Request("http://localhost/"));
	const all = /** @type {ReadableStream<Uint8Array>} */ (body);
	for await (const part of all) bytes += part.length;
	const ms = performance.now() - begun;
	await runs.close();
	await client.close();
	return { store, fold, bytes, stateBytes: tokens * " token".length, ms };
}
