// A stream by hand in Express.

import { createServer } from "node:http";
import { keep } from "./kept.js";
import { openStream } from "./open-stream.js";

export { wire } from "./bare-http.js";

/** @param {import("./index.js").Settings} settings @returns {Promise<import("./index.js").Running>} */
export async function create({ onConnection }) {
	const { default: express } = await import("express");
	const app = express();
	app.get("/", (_req, res) => {
		openStream(res, ": open\n");
		keep(res);
		onConnection();
	});
	return { server: createServer(app) };
}
