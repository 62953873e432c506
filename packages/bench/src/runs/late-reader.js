// What a reader costs that comes when 20,000 tokens have been made, with a fold and without; and the first token of a run.

import { redisRunStore } from "@sse-service/redis";
import { createClient } from "redis";
import { createMemoryRunStore, createRuns } from "sse-service/runs";

/** @typedef {{ store: string, fold: boolean, bytes: number, stateBytes: number, ms: number, firstMs: number }} LateReader */

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
	let release = () => {};
	const released = new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
		release = resolve;
	});
	let sentAt = 0;
	await runs.start(id, async (run) => {
		await released;
		sentAt = performance.now();
		for (let i = 0; i < tokens; i++) await run.send(" token");
		release = () => {};
	});
	const follow = async () =>
		/** @type {ReadableStream<Uint8Array>} */ (
			(await runs.follow(id, new Request("http://localhost/"))).body
		);
	const early = (await follow()).getReader();
	// The first bytes are those of the open stream.
	await early.read();
	release();
	await early.read();
	const firstMs = performance.now() - sentAt;
	void early.cancel();
	while ((await runs.status(id))?.state === "running") {
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	const begun = performance.now();
	let bytes = 0;
	for await (const part of await follow()) bytes += part.length;
	const ms = performance.now() - begun;
	await runs.close();
	await client.close();
	return { store, fold, bytes, stateBytes: tokens * " token".length, ms, firstMs };
}
