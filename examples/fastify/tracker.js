/**
 * The tracker: a customer's stream carries the customer's own parcels, the desk's carries all.
 */
import { fileURLToPath } from "node:url";
import cors from "@fastify/cors";
import files from "@fastify/static";
import { sse } from "@sse-service/fastify";
import { clientModules, sharedPage } from "example-shared";
import { fastify } from "fastify";
import { createParcels } from "./parcels.js";
import { session } from "./session.js";

/**
 * @import { Parcel } from "./parcels.js"
 * @import { Notice } from "./types.js"
 */

const page = fileURLToPath(new URL("./page/", import.meta.url));
const DESK = "desk";
const noticeBody = {
	type: "object",
	required: ["text"],
	properties: { text: { type: "string", minLength: 1, maxLength: 200 } },
};

/**
 * @param {object} options
 * @param {string} options.shopUrl The other origin whose pages may use this app, with the cookies of their visitors.
 * @param {number} options.paceMs How often a parcel moves by itself; 0: only the desk moves them.
 */
export function createTracker({ shopUrl, paceMs }) {
	// Forced: browsers keep sockets for later, which would keep the app. The streams have ended before that.
	const app = fastify({ forceCloseConnections: true });
	app.register(sse, { retryMs: 1_000, maxConnectionsPerClient: 50 });
	app.register(cors, {
		origin: shopUrl,
		credentials: true,
		methods: ["GET", "POST", "DELETE"],
		exposedHeaders: ["SSE-Heartbeat", "Retry-After"],
	});
	app.register(session);
	app.register(files, { root: page });
	app.register(files, { root: sharedPage, prefix: "/shared/", decorateReply: false });
	app.register(files, { root: clientModules, prefix: "/client/", decorateReply: false });

	const parcels = createParcels(onMove);
	/** The last one, for later connections. @type {Notice | null} */
	let notice = null;

	/** @param {Parcel} parcel */
	function onMove(parcel) {
		app.sse.send({ client: parcel.customer }, parcel, { event: "parcel" });
		app.sse.send({ group: DESK }, parcel, { event: "parcel" });
	}

	// Routes belong into a plugin: it runs when those above have been loaded.
	app.register(async () => {
		app.get("/events", { onRequest: app.signedIn }, async (request, reply) => {
			const { user } = request;
			const isDesk = user.role === "desk";
			const { connection } = await reply.sse({
				clientId: user.name,
				groups: isDesk ? [DESK] : [],
			});
			const own = parcels.list(isDesk ? undefined : user.name);
			connection.send({ user, parcels: own, notice }, { event: "welcome" });
		});

		app.register(async (desk) => {
			desk.addHook("onRequest", app.signedIn);
			desk.addHook("onRequest", app.deskOnly);

			desk.post("/parcels/:id/move", async (request, reply) => {
				const { id } = /** @type {{ id: string }} */ (request.params);
				const parcel = parcels.move(id);
				if (parcel === undefined) {
					return reply.code(409).send({ message: "There is no such parcel on its way" });
				}
				return parcel;
			});

			desk.post("/notices", { schema: { body: noticeBody } }, async (request) => {
				const { text } = /** @type {{ text: string }} */ (request.body);
				notice = { text, at: Date.now() };
				return { reached: app.sse.send("all", notice, { event: "notice" }) };
			});
		});
	});

	if (paceMs > 0) {
		const pace = setInterval(() => parcels.moveAny(), paceMs);
		app.addHook("onClose", async () => clearInterval(pace));
	}

	return app;
}
