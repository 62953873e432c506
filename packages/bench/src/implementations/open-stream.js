/** What sse-service sends too. */
export const STREAM_HEADERS = {
	"Content-Type": "text/event-stream",
	"Cache-Control": "no-cache, no-transform",
	"X-Accel-Buffering": "no",
};

/** Starts an event stream by hand. @param {import("node:http").ServerResponse} res @param {string} opening */
export function openStream(res, opening) {
	res.writeHead(200, STREAM_HEADERS);
	res.write(opening);
}
