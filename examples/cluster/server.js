/**
 * One of the processes: its HTTP server, its word to the cluster, and its end.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import {
	answer,
	answerError,
	checkMethod,
	checkString,
	Refusal,
	readJson,
	sendPageFile,
} from "example-shared/web";
import { createStreams } from "./streams.js";

/**
 * @import { IncomingMessage, ServerResponse } from "node:http"
 * @import { AddressInfo } from "node:net"
 * @import { Fleet } from "./cluster.js"
 */

/**
 * What the cluster says, and what it is told.
 * @typedef {{ fleet: Fleet } | { close: { drainMs: number } }} Order
 * @typedef {{ port: number } | { report: Report } | { wish: string }} Word
 *
 * @typedef {object} Report
 * @property {number} connections
 * @property {boolean} isReady
 * @property {number} behind Events that the log has and that have not arrived here.
 * @property {string | undefined} error Why it is not ready, if that is known.
 */

const PAGE = fileURLToPath(new URL("./page/", import.meta.url));
const REPORT_MS = 250;
const MAX_TEXT_LENGTH = 200;

const [name = "", redisUrl = ""] = process.argv.slice(2);
const streams = await createStreams(name, redisUrl);

/** @param {IncomingMessage} req @param {ServerResponse} res */
async function handle(req, res) {
	const [path = "/", query] = (req.url ?? "/").split("?");
	if (path === "/events") {
		checkMethod(req, "GET", "HEAD");
		streams.open({ req, res, clientId: new URLSearchParams(query).get("as") ?? undefined });
		return;
	}
	// So that the balancer chooses anew for each request.
	res.setHeader("Connection", "close");
	if (path === "/live" || path === "/ready") {
		const { live, ready } = streams.health();
		answer(res, (path === "/live" ? live : ready) ? 200 : 503, {});
	} else if (path === "/numbers") {
		checkMethod(req, "POST");
		const { number } = await readJson(req);
		if (!Number.isSafeInteger(number)) throw new Refusal(400, "It must be a whole number");
		answer(res, 200, await streams.number(Number(number)));
	} else if (path === "/messages") {
		checkMethod(req, "POST");
		const body = await readJson(req);
		const id = checkString(body.id, "id", MAX_TEXT_LENGTH);
		const from = checkString(body.from, "from", MAX_TEXT_LENGTH);
		const text = checkString(body.text, "text", MAX_TEXT_LENGTH);
		answer(res, 200, await streams.message({ id, from, text, at: Date.now(), server: name }));
	} else if (path === "/wishes") {
		checkMethod(req, "POST");
		tell({ wish: checkString((await readJson(req)).wish, "wish", MAX_TEXT_LENGTH) });
		answer(res, 202, {});
	} else {
		await sendPageFile(req, res, path, PAGE);
	}
}

const server = createServer((req, res) => {
	handle(req, res).catch((error) => answerError(res, error));
});

/** @param {Word} word */
function tell(word) {
	// It may have ended.
	process.send?.(word, () => {});
}

function report() {
	const { live: _, ready, log } = streams.health();
	const { connections } = streams.stats();
	tell({
		report: { connections, isReady: ready, behind: log?.behind ?? 0, error: log?.error },
	});
}

/** @param {{ drainMs: number }} options */
async function close({ drainMs }) {
	// Whoever comes now is for another process.
	server.close();
	await streams.close(drainMs);
	process.exit();
}

process.on("message", (/** @type {Order} */ order) => {
	if ("fleet" in order) streams.showFleet(order.fleet);
	else void close(order.close);
});
// Whatever has ended the cluster ends this.
process.once("disconnect", () => process.exit());

server.listen(0, "127.0.0.1");
await once(server, "listening");
tell({ port: /** @type {AddressInfo} */ (server.address()).port });
setInterval(report, REPORT_MS);
