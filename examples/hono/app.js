/**
 * The app: from a `Request` to a `Response`, wherever the request comes from.
 */
import { fileURLToPath } from "node:url";
import { serveStatic } from "@hono/node-server/serve-static";
import { sse } from "@sse-service/hono";
import { clientModules, sharedPage } from "example-shared";
import { Hono } from "hono";
import { createSSEService } from "sse-service";
import { createBoard, TRACKS } from "./board.js";

/**
 * @import { HttpBindings } from "@hono/node-server"
 * @import { SSEService } from "sse-service"
 * @import { Change, Train } from "./board.js"
 *
 * @typedef {object} Announcement
 * @property {number} at
 * @property {string} text
 *
 * @typedef {object} Events What goes over the streams: event types, and the data each carries.
 * @property {{ tracks: number, trains: readonly Train[], announcements: readonly Announcement[] }} board How things stand when a stream opens.
 * @property {Change} change
 * @property {Announcement} announcement
 * @property {{ screens: number, inside: number }} readers
 *
 * @typedef {Partial<HttpBindings> & { isInside?: boolean }} Bindings Node's request and response, unless this process calls.
 */

const PAGE = fileURLToPath(new URL("./page/", import.meta.url));
const MAX_ANNOUNCEMENTS = 6;
const MAX_TEXT_LENGTH = 200;

/** An app that is not served yet. End it with `streams.closeWith(server)`, or `streams.close()`. */
export function createApp() {
	const board = createBoard();
	/** Newest first. @type {Announcement[]} */
	const announcements = [];

	/** @type {SSEService<Events>} */
	const service = createSSEService({
		history: true,
		retryMs: 1_000,
		maxConnections: 1_000,
		onConnect: countReaders,
		onDisconnect: countReaders,
	});
	const streams = sse({ service });

	function countReaders() {
		const sizes = new Map(service.getGroups().map(({ name, connections }) => [name, connections]));
		const [screens = 0, inside = 0] = [sizes.get("screens"), sizes.get("inside")];
		service.send("all", { screens, inside }, { event: "readers", key: "readers" });
	}

	/** @type {Hono<{ Bindings: Bindings }>} */
	const app = new Hono();
	app.use(streams);

	app.get("/events", (c) => {
		const group = c.env?.isInside ? "inside" : "screens";
		const { connection, response } = c.var.sse({ groups: [group] });
		if (!connection.resumed) {
			const standing = { tracks: TRACKS, trains: board.trains(), announcements };
			connection.send(standing, { event: "board" });
		}
		return response;
	});

	app.post("/trains/:id", async (c) => {
		const change = board.change(c.req.param("id"), await c.req.json().catch(() => undefined));
		if (change === undefined) return c.json({ message: "There is no such train, or change" }, 400);
		service.send("all", change, { event: "change" });
		return c.json(change.after);
	});

	app.post("/announcements", async (c) => {
		// Over HTTP, the environment is what Node's server gives, so no request from outside can claim this.
		if (!c.env?.isInside) return c.json({ message: "Only the announcer speaks" }, 403);
		const text = String((await c.req.json()).text).slice(0, MAX_TEXT_LENGTH);
		const announcement = { at: Date.now(), text };
		announcements.unshift(announcement);
		announcements.splice(MAX_ANNOUNCEMENTS);
		service.send("all", announcement, { event: "announcement" });
		return c.json(announcement, 201);
	});

	app.use(async (c, next) => {
		await next();
		c.header("Content-Security-Policy", "default-src 'self'");
		c.header("Cache-Control", "no-cache");
	});
	const files = [
		["/shared/", sharedPage],
		["/client/", clientModules],
		["/", PAGE],
	];
	for (const [path = "", root = ""] of files) {
		const rewriteRequestPath = (/** @type {string} */ from) => from.slice(path.length - 1);
		app.get(`${path}*`, serveStatic({ root, rewriteRequestPath }));
	}

	return { app, streams };
}
