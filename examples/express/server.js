/**
 * The process: the auction, and on another port, which is another origin, the gallery that shows one of its lots.
 */
import { once } from "node:events";
import { createAuction } from "./auction.js";
import { createGallery } from "./gallery.js";

/**
 * @import { AddressInfo } from "node:net"
 * @import { Express } from "express"
 */

const { HOST: host = "127.0.0.1", PORT = "3000", GALLERY_PORT, PACE_MS = "5000" } = process.env;
const port = Number(PORT);
const CLOSE_TIMEOUT_MS = 5_000;

/** @param {Express} app @param {number} port */
async function listen(app, port) {
	const server = app.listen(port, host);
	await once(server, "listening");
	const address = /** @type {AddressInfo} */ (server.address());
	return { server, url: `http://${host}:${address.port}` };
}

const galleryApp = createGallery();
const gallery = await listen(
	galleryApp,
	GALLERY_PORT === undefined ? port && port + 1 : Number(GALLERY_PORT),
);
const { app, streams, stopBidding } = createAuction({
	galleryUrl: gallery.url,
	paceMs: Number(PACE_MS),
});
const auction = await listen(app, port);
streams.closeWith(auction.server);
galleryApp.locals.auctionUrl = auction.url;
console.log(`Auction: ${auction.url}`);
console.log(`The gallery, another origin: ${gallery.url}`);

for (const signal of ["SIGINT", "SIGTERM"]) {
	process.once(signal, () => {
		stopBidding();
		auction.server.close();
		gallery.server.close();
		// It has no streams, so what is left are sockets that browsers keep for later.
		gallery.server.closeAllConnections();
		// A client may never send the rest of a request.
		setTimeout(() => auction.server.closeAllConnections(), CLOSE_TIMEOUT_MS).unref();
	});
}
