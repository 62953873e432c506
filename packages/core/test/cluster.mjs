// A cluster of one worker, with the package as it was built: says its URL, and disconnects the worker when it is asked to.
import cluster from "node:cluster";
import { createServer } from "node:http";
import { createSSEService } from "sse-service";

if (cluster.isPrimary) {
	const worker = cluster.fork();
	worker.on("message", (url) => process.send?.(url));
	process.once("message", () => worker.disconnect());
	worker.once("exit", (code) => {
		process.exitCode = code;
		process.disconnect();
	});
} else {
	const sse = createSSEService();
	const server = createServer((req, res) => sse.connect({ req, res }));
	sse.closeWith(server).listen(0, "127.0.0.1", () => {
		const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
		process.send?.(`http://127.0.0.1:${port}`);
	});
}
