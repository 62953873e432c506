// A worker of a sticky cluster, with the package as it was built: its sockets come from another process, which has read
// the first chunk of each. Node then counts no bytes for them (`bytesRead` is 0).
import http from "node:http";
import { sse } from "@sse-service/express";
import express from "express";

const streams = sse({ drainMs: 200 });
const app = express();
app.use(streams);
app.get("/events", (_req, res) => void res.sse());

/** @type {(() => void)[]} */
const answers = [];
app.get("/pending", (_req, res) => {
	answers.push(() => res.end("pending"));
	process.send?.("asked");
});

const server = streams.closeWith(http.createServer(app));
server.on("upgrade", (_request, socket) => {
	answers.push(() => socket.end("upgraded"));
	process.send?.("asked");
});
server.on("close", () => process.disconnect());

process.on(
	"message",
	/** @param {string} message @param {import("node:net").Socket | undefined} socket */
	(message, socket) => {
		if (socket !== undefined) {
			server.emit("connection", socket);
			socket.unshift(Buffer.from(message, "latin1"));
			return;
		}
		streams.service.send("all", "last");
		server.close();
		for (const answer of answers) setImmediate(answer);
	},
);
