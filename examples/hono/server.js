/**
 * The process: one app, which Node serves to browsers, and which the announcer calls.
 */
import { serve } from "@hono/node-server";
import { startAnnouncer } from "./announcer.js";
import { createApp } from "./app.js";

const hostname = process.env.HOST || "127.0.0.1";
const port = Number(process.env.PORT || 3000);
const CLOSE_TIMEOUT_MS = 5_000;

const { app, streams } = createApp();
const announcer = startAnnouncer(app);
const server = serve({ fetch: app.fetch, hostname, port }, (address) => {
	console.log(`Departures: http://${hostname}:${address.port}`);
});
streams.closeWith(server);

for (const signal of ["SIGINT", "SIGTERM"]) {
	process.once(signal, () => {
		announcer.close();
		server.close();
		// A client may never send the rest of a request.
		setTimeout(() => process.exit(), CLOSE_TIMEOUT_MS).unref();
	});
}
