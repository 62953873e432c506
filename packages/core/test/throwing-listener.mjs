/**
 * A server whose `abort` listener of a signal throws: `node throwing-listener.mjs`. Prints as JSON what reached the process and
 * `onError`, and what listeners and streams after that one had. It runs the built package.
 */
import { once } from "node:events";
import { createServer, get } from "node:http";
import { createSSEService } from "../dist/index.js";

const heard = { uncaught: [], onError: [], laterListener: 0, otherStream: 0 };
process.on("uncaughtException", (error) => {
	if (error.message !== "too late") throw error;
	heard.uncaught.push(error.message);
});

const sse = createSSEService({ onError: ({ message }) => heard.onError.push(message) });
const connected = [];
const server = createServer((req, res) => {
	connected.push(sse.connect({ req, res }).connection);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

const open = async () => {
	const { port } = server.address();
	const [response] = await once(get({ host: "127.0.0.1", port, agent: false }), "response");
	return response.resume();
};
const [stream] = [await open(), await open()];
const [connection] = connected;
connection.signal.addEventListener("abort", () => {
	throw new Error("too late");
});
connection.signal.addEventListener("abort", () => heard.laterListener++);
connection.close();
await once(stream, "end");
heard.otherStream = sse.send("all", "still here");
await sse.close();
server.close();
await once(server, "close");
process.stdout.write(JSON.stringify(heard));
