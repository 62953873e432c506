/**
 * A process of a fleet: serves HTTP, reports to the process that forked it, follows its orders, and ends with it.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { answer, answerError } from "../web.js";

/**
 * @import { IncomingMessage, ServerResponse } from "node:http"
 * @import { AddressInfo } from "node:net"
 */

/**
 * What the fleet sends to its processes: how it is, or the order to close.
 * @template Fleet
 * @typedef {{ fleet: Fleet } | { close: { drainMs: number } }} Order
 */
/**
 * @template Report
 * @typedef {{ port: number } | { report: Report } | { wish: string }} Word
 */

// Whatever has ended the fleet ends this, also while it starts: its engine may have ended, too, and would be waited for.
process.once("disconnect", () => process.exit());
if (process.connected === false) process.exit();

/**
 * @template Fleet
 * @template {{ isReady: boolean }} Report
 * @typedef {object} Work
 * @property {(req: IncomingMessage, res: ServerResponse) => Promise<void>} handle
 * @property {() => { live: boolean, ready: boolean }} health
 * @property {() => Report} report
 * @property {(fleet: Fleet) => void} onFleet How the processes are.
 * @property {(drainMs: number) => Promise<void>} close
 */

const REPORT_MS = 250;

/** Asks for something that is the fleet's to do. @param {string} wish */
export function tellWish(wish) {
	tell({ wish });
}

/**
 * @template Fleet
 * @template {{ isReady: boolean }} Report
 * @param {Work<Fleet, Report>} work
 */
export async function serveAsMember({ handle, health, report, onFleet, close }) {
	/** @param {IncomingMessage} req @param {ServerResponse} res */
	async function respond(req, res) {
		if (req.url !== "/live" && req.url !== "/ready") return handle(req, res);
		const { live, ready } = health();
		res.setHeader("Connection", "close");
		answer(res, (req.url === "/live" ? live : ready) ? 200 : 503, {});
	}
	const server = createServer((req, res) => {
		respond(req, res).catch((error) => answerError(res, error));
	});

	process.on("message", async (/** @type {Order<Fleet>} */ order) => {
		if ("fleet" in order) {
			onFleet(order.fleet);
			return;
		}
		// New requests are for another process.
		server.close();
		await close(order.close.drainMs);
		process.exit();
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	tell({ port: /** @type {AddressInfo} */ (server.address()).port });
	setInterval(() => tell({ report: report() }), REPORT_MS);
}

/** @param {Word<unknown>} word */
function tell(word) {
	// The other side may have ended.
	process.send?.(word, () => {});
}
