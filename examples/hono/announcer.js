/**
 * The announcer: reads the stream that every screen reads, with the client that every screen has, and says what has changed.
 * It runs in the process of the app and calls the app: there is no server between them, no port and no socket.
 */
import { openStream } from "@sse-service/client";

/**
 * @import { Hono } from "hono"
 * @import { Bindings, Events } from "./app.js"
 * @import { Change } from "./board.js"
 */

/** Any address: nothing is resolved. */
const APP = "http://inside";

/** @param {Hono<{ Bindings: Bindings }>} app */
export function startAnnouncer(app) {
	/** @param {string | URL | Request} url @param {RequestInit} [init] */
	const call = async (url, init) => app.request(url, init, { isInside: true });

	/** @type {ReturnType<typeof openStream<Events>>} */
	const stream = openStream(`${APP}/events`, { fetch: call });
	stream.on("change", ({ data }) => {
		void call(`${APP}/announcements`, {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ text: sayOf(data) }),
		});
	});
	return stream;
}

/** @param {Change} change */
function sayOf({ before, after }) {
	const train = `${after.id}, the ${after.time} to ${after.to}`;
	return before.track === after.track
		? `We are sorry: ${train}, leaves about ${after.delayMinutes} minutes late.`
		: `Please note: ${train}, leaves from track ${after.track} instead of track ${before.track}.`;
}
