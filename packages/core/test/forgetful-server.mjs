/**
 * A server whose history ends with its process, started with a port and perhaps a file. Each line that it is told over IPC
 * it writes to the file, which is its application's state, and sends to everyone. It runs the built package.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createSSEService } from "../dist/index.js";

const [, , port, file] = process.argv;

/** All there is, each line as it was sent: who had some of it has that twice, and nobody misses any. */
function* recover() {
	for (const data of readFileSync(file, "utf8").split("\n").slice(0, -1)) yield { data };
}

// Soon, and not so often that clients take the processor from the server that starts again.
const RETRY_MS = 50;

const sse = createSSEService({
	history: true,
	retryMs: RETRY_MS,
	...(file !== undefined && { recover }),
});

const server = createServer((req, res) => {
	if (req.url === "/connections") {
		res.end(String(sse.stats().connections));
		return;
	}
	if (!req.url.startsWith("/events")) {
		res.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
		return;
	}
	res.setHeader("access-control-allow-origin", "*");
	sse.connect({ req, res, groups: [req.url.includes("/quiet") ? "quiet" : "news"] });
});

process.on("message", (line) => {
	if (file !== undefined) appendFileSync(file, `${line}\n`);
	sse.send({ group: "news" }, line);
});
process.on("disconnect", () => process.exit());
server.listen(Number(port), "127.0.0.1", () => process.send(server.address().port));
