// Who keeps answers that outlive their connection: each takes tokens under an id in one process, and gives them in another.

import { createClient } from "redis";

/**
 * @typedef {object} Contender
 * @property {(id: string, tokens: AsyncIterable<string>) => Promise<void>} produce resolves once it has begun
 * @property {(id: string) => Promise<ReadableStream<Uint8Array | string>>} follow the tokens, each on a line, from the start
 * @property {() => Promise<void>} close
 */

/** @param {string} url */
async function connected(url) {
	const client = createClient({ url });
	await client.connect();
	return client;
}

/** @param {AsyncIterable<string>} tokens @returns {ReadableStream<string>} */
function streamOf(tokens) {
	const iterator = tokens[Symbol.asyncIterator]();
	return new ReadableStream({
		async pull(controller) {
			const { done, value } = await iterator.next();
			if (done) controller.close();
			else controller.enqueue(`${value}\n`);
		},
	});
}

/** @type {Readonly<Record<string, (url: string) => Promise<Contender>>>} */
export const CONTENDERS = {
	async "sse-service"(url) {
		const { createRuns } = await import("sse-service/runs");
		const { redisRunStore } = await import("@sse-service/redis");
		const client = await connected(url);
		const runs = createRuns({ store: redisRunStore({ client }) });
		return {
			async produce(id, tokens) {
				await runs.start(id, () => tokens);
			},
			async follow(id) {
				const response = await runs.follow(id, new Request("http://localhost/"));
				return /** @type {ReadableStream<Uint8Array>} */ (response.body);
			},
			async close() {
				await runs.close();
				await client.close();
			},
		};
	},
	async "resumable-stream"(url) {
		const { createResumableStreamContext } = await import("resumable-stream");
		const [publisher, subscriber] = [await connected(url), await connected(url)];
		const parts = { publisher, subscriber, waitUntil: null };
		const context = createResumableStreamContext(/** @type {any} */ (parts));
		return {
			async produce(id, tokens) {
				const stream = await context.createNewResumableStream(id, () => streamOf(tokens));
				// Its own reader has to read, or it stands still.
				void stream?.pipeTo(new WritableStream());
			},
			async follow(id) {
				const stream = await context.resumeExistingStream(id);
				return /** @type {ReadableStream<string>} */ (stream);
			},
			async close() {
				publisher.destroy();
				subscriber.destroy();
			},
		};
	},
	async "assistant-stream"(url) {
		const { createResumableStreamContext } = await import("assistant-stream/resumable");
		const { createRedisResumableStreamStore } = await import("assistant-stream/resumable/redis");
		const client = await connected(url);
		const store = createRedisResumableStreamStore(/** @type {any} */ (client));
		const context = createResumableStreamContext({ store });
		return {
			async produce(id, tokens) {
				const make = () => streamOf(tokens).pipeThrough(new TextEncoderStream());
				const stream = await context.run(id, /** @type {any} */ (make));
				void stream.cancel();
			},
			follow: (id) => context.requireResume(id),
			async close() {
				await client.close();
			},
		};
	},
};
