// @sse-service/express: `res.sse()` in a handler, and the core's `send`.

import { createServer } from "node:http";

export { wire } from "./sse-service.js";

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const [{ default: express }, { default: sse }, { createSSEService }] = await Promise.all([
		import("express"),
		import("@sse-service/express"),
		import("sse-service"),
	]);
	const app = express();
	const service = createSSEService({ heartbeatIntervalMs: 0 });
	app.use(sse({ service }));
	app.get("/", (_req, res) => {
		res.sse();
		onConnection();
	});
	return {
		server: createServer(app),
		toAll: ({ data, event, id }) => void service.send("all", data, { event, id }),
	};
}
