// What one writes by hand behind @hono/node-server: each stream's `enqueue` in a loop, with the event encoded once for all
// of them. Nothing bounded, nothing validated.

import { wire } from "./bare-response.js";

export { wire };

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { getRequestListener } = await import("@hono/node-server");
	/** @type {Set<ReadableStreamDefaultController<Uint8Array>>} */
	const controllers = new Set();
	const opening = Buffer.from(wire.opening);
	const listener = getRequestListener(() => {
		/** @type {ReadableStreamDefaultController<Uint8Array>} */
		let own;
		const body = new ReadableStream({
			start(controller) {
				own = controller;
				controllers.add(controller);
				controller.enqueue(opening);
			},
			cancel: () => void controllers.delete(own),
		});
		onConnection();
		return new Response(body, {
			headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" },
		});
	});
	return {
		connect: (req, res) => void listener(req, res),
		toAll(event) {
			const bytes = Buffer.from(wire.block(event));
			for (const controller of controllers) controller.enqueue(bytes);
		},
	};
}
