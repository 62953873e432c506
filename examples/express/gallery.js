/**
 * The gallery: a site of its own, whose page shows a lot of the auction and bids on it, from another origin.
 */
import { fileURLToPath } from "node:url";
import { clientModules, sharedPage } from "example-shared";
import express from "express";

const page = fileURLToPath(new URL("./gallery/", import.meta.url));

/** An app; `app.locals.auctionUrl` must be set before its page is asked for. */
export function createGallery() {
	const app = express();
	app.use(express.static(page));
	app.use("/shared", express.static(sharedPage));
	app.use("/client", express.static(clientModules));
	app.get("/auction", (_req, res) => {
		res.json({ url: app.locals.auctionUrl });
	});
	return app;
}
