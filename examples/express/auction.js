/**
 * The auction: prices go to everyone, how one stands to all tabs of the bidder, and to nobody else.
 */
import { fileURLToPath } from "node:url";
import { sse } from "@sse-service/express";
import cors from "cors";
import { clientModules, sharedPage } from "example-shared";
import express from "express";
import { createLots } from "./lots.js";
import { drawPicture } from "./pictures.js";
import { auctioneerOnly, sessionRouter, sessions, signedIn } from "./session.js";

/**
 * @import { ErrorRequestHandler, RequestHandler } from "express"
 * @import { Notice } from "../shared/page/notices.js"
 */

const page = fileURLToPath(new URL("./page/", import.meta.url));
const MAX_TEXT_LENGTH = 200;

/**
 * @param {object} options
 * @param {string} options.galleryUrl The other origin whose pages may use this app, with the cookies of their visitors.
 * @param {number} options.paceMs How often somebody bids by telephone; 0: nobody does.
 */
export function createAuction({ galleryUrl, paceMs }) {
	const app = express();
	const streams = sse({ retryMs: 1_000, maxConnectionsPerClient: 50 });
	const lots = createLots({
		onLot: (lot) => streams.service.send("all", lot, { event: "lot" }),
		onStanding: (client, standing) =>
			streams.service.send({ client }, standing, { event: "standing" }),
	});
	/** The last one, for later connections. @type {Notice | null} */
	let notice = null;

	app.disable("x-powered-by");
	app.use(
		cors({
			origin: galleryUrl,
			credentials: true,
			exposedHeaders: ["SSE-Heartbeat", "Retry-After"],
		}),
	);
	app.use(express.static(page));
	app.use("/shared", express.static(sharedPage));
	app.use("/client", express.static(clientModules));
	app.use(sessions, streams, express.json());
	app.use("/session", sessionRouter(streams));

	app.get("/events", signedIn, (req, res) => {
		const { user } = res.locals;
		// The session is a group, so that signing out can end its streams.
		const { connection } = res.sse({ clientId: user.name, groups: [req.sessionID] });
		connection.send(
			{ user, lots: lots.list(), standings: lots.standings(user.name), notice },
			{ event: "welcome" },
		);
	});

	/** @type {RequestHandler<{ id: string }>} */
	const findLot = (req, res, next) => {
		const lot = lots.get(req.params.id);
		if (lot === undefined) {
			res.status(404).json({ message: "There is no such lot" });
			return;
		}
		res.locals.lot = lot;
		next();
	};

	app.get("/lots/:id/picture", findLot, (_req, res) => {
		const { lot } = res.locals;
		res.type("svg").set("Cache-Control", "max-age=3600");
		res.send(drawPicture(lot.id, lots.list().indexOf(lot)));
	});

	app.post("/lots/:id/bids", signedIn, findLot, (req, res) => {
		const { lot, user } = res.locals;
		const { price } = req.body ?? {};
		if (lots.bid(lot, user.name, price)) res.status(201).json(lots.get(lot.id));
		else res.status(409).json({ message: "Too late: somebody was faster" });
	});

	app.post("/lots/:id/sale", signedIn, auctioneerOnly, findLot, (_req, res) => {
		const { lot } = res.locals;
		if (lots.sell(lot)) res.status(201).json(lots.get(lot.id));
		else res.status(409).json({ message: "Nobody has bid, or it is sold" });
	});

	app.post("/notices", signedIn, auctioneerOnly, (req, res) => {
		const { text } = req.body ?? {};
		if (typeof text !== "string" || text === "" || text.length > MAX_TEXT_LENGTH) {
			res.status(400).json({ message: `A text of 1 to ${MAX_TEXT_LENGTH} characters is needed` });
			return;
		}
		notice = { text, at: Date.now() };
		res.json({ reached: streams.service.send("all", notice, { event: "notice" }) });
	});

	/** Errors of sse-service and of body parsing carry a status. @type {ErrorRequestHandler} */
	const answerError = (error, _req, res, next) => {
		const { statusCode = 500, message } = error;
		if (res.headersSent || statusCode >= 500) {
			next(error);
			return;
		}
		res.status(statusCode).json({ message });
	};
	app.use(answerError);

	const pace = paceMs > 0 ? setInterval(lots.bidByTelephone, paceMs) : undefined;

	return { app, streams, stopBidding: () => clearInterval(pace) };
}
