// The clients that the inspector lists: `node clients-process.js PORT COUNT CHURN`. It opens COUNT streams, and each second ends CHURN of
// them and opens as many others. It says "open" when all are.

import { connect } from "node:net";

const [port = 0, count = 0, churn = 0] = process.argv.slice(2).map(Number);
/** @type {import("node:net").Socket[]} the oldest first */
const sockets = [];
let opened = 0;

/** @returns {Promise<void>} once the stream has begun */
function open() {
	const socket = connect(port, "127.0.0.1");
	socket.write(`GET /client-${opened++} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
	sockets.push(socket);
	socket.on("error", () => {}).on("data", () => {});
	return new Promise((resolve) => socket.once("data", () => resolve()));
}

process.once("disconnect", () => process.exit());
while (opened < count) {
	await Promise.all(Array.from({ length: Math.min(100, count - opened) }, open));
}
process.send?.("open");
setInterval(() => {
	for (const socket of sockets.splice(0, churn)) {
		socket.destroy();
		void open();
	}
}, 1_000);
