/**
 * What strangers can make a process with the default options spend: memory of readers that do not read, CPU of one request. The
 * clients are a process of their own. Run with `--expose-gc`; it writes the figures as JSON.
 *
 * @example node --expose-gc exposed.mjs 40
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { createSSEService } from "../../dist/index.js";

const [role = "40"] = process.argv.slice(2);

/** Opens so many sockets that send a request. They read the answer, or only its first bytes, and leave when told. */
async function beClients() {
	/** @type {import("node:net").Socket[]} */
	let sockets = [];
	process.on("message", async (/** @type {any} */ { port, count, request, reads, leaves }) => {
		if (leaves) {
			for (const socket of sockets) socket.destroy();
			sockets = [];
			process.send?.("left");
			return;
		}
		for (let at = 0; at < count; at++) {
			const socket = connect(port, "127.0.0.1").on("error", () => {});
			sockets.push(socket);
			await once(socket, "connect");
			socket.write(request);
			if (reads) socket.resume();
		}
		process.send?.("opened");
	});
}

async function measure() {
	const readers = Number(role);
	const clients = fork(import.meta.filename, ["clients"]);
	let made = 0;
	/** @param {import("sse-service").SSEServiceOptions} [options] @param {(work: Awaited<ReturnType<typeof serve>>) => Promise<void>} [work] */
	async function within(options, work) {
		const serving = await serve(options);
		try {
			await work?.(serving);
		} finally {
			clients.send({ leaves: true });
			await once(clients, "message");
			await serving.sse.close();
			serving.server.closeAllConnections();
			serving.server.close();
		}
	}
	/** @param {import("sse-service").SSEServiceOptions} [options] */
	async function serve(options) {
		const sse = createSSEService(options);
		const server = createServer((req, res) => {
			try {
				sse.connect({ req, res, clientId: `c${made++}` });
			} catch (/** @type {any} */ error) {
				res.writeHead(error.statusCode ?? 500).end();
			}
		});
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
		/** @param {number} count @param {{ headers?: string, reads?: boolean }} [how] */
		const open = async (count, { headers = "", reads = true } = {}) => {
			const request = `GET /events HTTP/1.1\r\nHost: a.test\r\n${headers}\r\n`;
			clients.send({ port, count, request, reads });
			await once(clients, "message");
		};
		return { sse, server, open };
	}
	/** @param {() => boolean} test */
	const until = async (test) => {
		while (!test()) await new Promise((resolve) => setTimeout(resolve, 5));
	};
	const used = () => {
		globalThis.gc?.();
		globalThis.gc?.();
		const { heapUsed, external } = process.memoryUsage();
		return heapUsed + external;
	};
	/** @type {Record<string, number>} */
	const figures = {};

	await within({ history: true }, async ({ sse, open }) => {
		await open(10);
		const before = used();
		await open(1_000);
		await until(() => sse.stats().connections === 1_010);
		figures.bytesOfAnIdleConnection = (used() - before) / 1_000;
	});

	for (const kind of ["own", "shared"]) {
		await within({ stallTimeoutMs: 0 }, async ({ sse, open }) => {
			await open(readers, { reads: false });
			await until(() => sse.stats().connections === readers);
			const before = used();
			const text = "x".repeat(60_000);
			let most = 0;
			// As much as fits: the operating system takes some, then each has its bound.
			while (sse.stats().connections > readers / 2) {
				if (kind === "shared") sse.send("all", text);
				else
					for (const { clientId } of sse.getClients())
						sse.send({ client: clientId }, clientId + text);
				await new Promise((resolve) => setImmediate(resolve));
				most = Math.max(most, used() - before);
			}
			figures[`bytesOfAReaderThatDoesNotRead, ${kind} events`] = most / readers;
		});
	}

	/** @param {string} name @param {import("sse-service").SSEServiceOptions} options @param {(id: string) => string} idOf @param {number} events */
	async function cpu(name, options, idOf, events) {
		const count = events > 0 ? 20 : 500;
		await within(options, async ({ sse, open }) => {
			const { id } = await sse.publish("all", "first");
			for (let at = 0; at < events; at++) sse.send("all", "x".repeat(100));
			const value = idOf(id);
			const request = { headers: value === "" ? "" : `Last-Event-ID: ${value}\r\n` };
			await open(count, request);
			const before = process.cpuUsage();
			const sentBefore = sse.stats().bytesSent;
			const opened = sse.stats().connectionsOpened;
			await open(count, request);
			await until(() => sse.stats().connectionsOpened >= opened + count);
			const wanted = sentBefore + count * events * 100;
			await until(() => sse.stats().bytesSent >= wanted);
			const { user, system } = process.cpuUsage(before);
			figures[`microsecondsOf, ${name}`] = (user + system) / count;
		});
	}
	await cpu("a connect", { history: true }, () => "", 0);
	await cpu("an invalid id", { history: true }, () => "x".repeat(8_000), 0);
	await cpu("a forged id", { history: true }, (id) => id.replace(/\.[^.]+\.[^.]+$/, ".zz.1"), 0);
	await cpu("a replay of 10,000 events", { history: true }, (id) => id, 9_999);

	for (const name of Object.keys(figures)) figures[name] = Math.round(figures[name] ?? 0);
	process.stdout.write(JSON.stringify(figures));
	clients.disconnect();
}

await (role === "clients" ? beClients() : measure());
