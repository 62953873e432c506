/**
 * The shop: a separate site, whose page calls the tracker from another origin, as the user who is signed in there.
 */
import { fileURLToPath } from "node:url";
import files from "@fastify/static";
import { clientModules, sharedPage } from "example-shared";
import { fastify } from "fastify";

const page = fileURLToPath(new URL("./shop/", import.meta.url));

export function createShop() {
	const app = fastify({ forceCloseConnections: true });
	app.decorate("trackerUrl", "");
	app.register(files, { root: page });
	app.register(files, { root: sharedPage, prefix: "/shared/", decorateReply: false });
	app.register(files, { root: clientModules, prefix: "/client/", decorateReply: false });
	app.get("/tracker", async () => ({ url: app.trackerUrl }));
	return app;
}
