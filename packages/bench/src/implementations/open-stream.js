/** Starts an event stream by hand, with the headers that sse-service sends. @param {import("node:http").ServerResponse} res @param {string} opening */
export function openStream(res, opening) {
	res.writeHead(200, {
		"Content-Type": "text/event-stream",
		"Cache-Control": "no-cache, no-transform",
		"X-Accel-Buffering": "no",
	});
	res.write(opening);
}
