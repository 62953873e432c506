/**
 * A server in a process of its own, so that its memory, timers and listeners are nobody else's. It runs the
 * built package and answers questions over IPC.
 */
import { createHook } from "node:async_hooks";
import { createServer } from "node:http";
import { createSSEService } from "../../dist/index.js";

const timers = new Set();
createHook({
	init: (id, type) => type === "Timeout" && timers.add(id),
	destroy: (id) => timers.delete(id),
}).enable();

// Heartbeats would be among what readers compare.
const sse = createSSEService({ heartbeatIntervalMs: 0 });
const BIG = "x".repeat(4 * 1024 * 1024);
let disconnectCalls = 0;
let listenersLeft = 0;

const server = createServer((req, res) => {
	res.once("close", () => {
		setImmediate(() => {
			for (const name of ["close", "drain", "error"]) listenersLeft += res.listenerCount(name);
		});
	});
	const { connection } = sse.connect({ req, res, onDisconnectCb: () => disconnectCalls++ });
	switch (req.url) {
		case "/ends":
			connection.send("one");
			connection.close();
			break;
		case "/mid-write":
			for (let i = 0; i < 8; i++) connection.send(BIG.slice(0, 100_000));
			break;
		case "/blocked":
			connection.send(BIG);
			break;
	}
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

const answers = {
	/** What is left, after garbage collection. */
	async look() {
		for (let i = 0; i < 5; i++) {
			await turn();
			globalThis.gc();
		}
		return {
			stats: sse.stats(),
			disconnectCalls,
			listenersLeft,
			timers: timers.size,
			heapUsed: process.memoryUsage().heapUsed,
			buffers: process.memoryUsage().arrayBuffers,
		};
	},
	/**
	 * Broadcast `count` events of `size` bytes, no faster than those who read. Says the most memory the
	 * process had meanwhile.
	 */
	async broadcast({ count, size }) {
		let rssMost = 0;
		const text = "y".repeat(size);
		for (let i = 0; i < count; i++) {
			sse.send("all", text, { id: i });
			const behind = () =>
				sse
					.getClients()
					.filter(({ connections: [response] }) => (response?.writableLength ?? 0) > 0).length;
			do {
				await turn();
				rssMost = Math.max(rssMost, process.memoryUsage().rss);
				// The one that does not read stays behind until it is closed.
			} while (behind() > 1);
		}
		return { rssMost };
	},
};

process.on("message", async ({ question, parameters }) => {
	process.send({ question, answer: await answers[question](parameters) });
});
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () =>
	process.send({ question: "port", answer: server.address().port }),
);
