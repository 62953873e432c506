// @fastify/sse: each reply's `sse.send`, in a loop over a list of connections kept by hand.

/**
 * What it adds to a reply. Its own types of that, and of its default export, do not stand beside those of
 * `@sse-service/fastify` and of Node's ESM.
 * @typedef {object} Stream
 * @property {(event: { id?: string, event: string, data: unknown }) => Promise<void>} send
 * @property {() => void} keepAlive
 * @property {(callback: () => void) => void} onClose
 *
 * @typedef {import("fastify").FastifyPluginAsync} Plugin
 */

/** @type {import("./index.js").Wire} */
export const wire = {
	opening: 'event: open\ndata: ""\n\n',
	block: ({ event, id, data }) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
};

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const [{ default: fastify }, { default: fastifySSE }] = await Promise.all([
		import("fastify"),
		import("@fastify/sse"),
	]);
	const app = fastify();
	/** @type {Set<Stream>} */
	const streams = new Set();
	await app.register(/** @type {Plugin} */ (/** @type {unknown} */ (fastifySSE)));
	app.get("/", { sse: { kind: "only", heartbeat: false } }, async (_request, reply) => {
		const sse = /** @type {Stream} */ (/** @type {unknown} */ (reply.sse));
		sse.keepAlive();
		streams.add(sse);
		sse.onClose(() => streams.delete(sse));
		await sse.send({ event: "open", data: "" });
		onConnection();
	});
	await app.ready();
	return {
		server: app.server,
		toAll(event) {
			// It rejects once the client has left.
			for (const stream of streams) stream.send(event).catch(() => {});
		},
	};
}
