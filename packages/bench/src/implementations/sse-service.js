// This library: a service, and `send` to all.

import { encodeBlock } from "../event.js";

/** @type {import("./index.js").Wire} */
export const wire = { opening: ": open\n", block: (event) => encodeBlock(event, ": ") };

/** @returns {Promise<import("./index.js").Running>} */
export async function create() {
	const { createSSEService } = await import("sse-service");
	// Without heartbeats, as everyone here: every byte is compared.
	const sse = createSSEService({ heartbeatIntervalMs: 0 });
	return {
		connect(req, res) {
			sse.connect({ req, res });
		},
		broadcast({ data, event, id }) {
			sse.send("all", data, { event, id });
		},
	};
}
