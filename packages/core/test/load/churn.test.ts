/**
 * Thousands of connections come and go in every way there is, and nothing of them is left.
 */
import net from "node:net";
import { sizeOf } from "@sse-service/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ServerProcess, startServerProcess } from "./server-process.js";

const CONNECTIONS = sizeOf({ usual: 300, long: 10_000 });
const BEFORE = CONNECTIONS / 5;
const AT_ONCE = 100;

let server: ServerProcess;

beforeEach(async () => {
	server = await startServerProcess();
});

afterEach(() => server.stop());

/** Connects to `path` and leaves: the server ends `/ends`, the client resets the others. */
function comeAndGo(path: "/ends" | "/idle" | "/mid-write" | "/blocked"): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = net.connect(server.port, "127.0.0.1");
		socket.on("error", reject);
		socket.on("close", () => resolve());
		socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
		let text = "";
		socket.on("data", (chunk) => {
			text += chunk.toString("latin1", 0, 1000);
			if (path === "/ends") {
				if (chunk.includes("\r\n0\r\n\r\n") || text.endsWith("0\r\n\r\n")) socket.end();
			} else if (path !== "/blocked") {
				// The server has opened the stream, and on /mid-write much more is on its way.
				if (text.includes(": open")) socket.resetAndDestroy();
			} else if (text.includes(": open")) {
				// It is blocked with more than the socket takes: 4 MB that are never read.
				socket.pause();
				setImmediate(() => socket.resetAndDestroy());
			}
		});
	});
}

async function churn(count: number): Promise<void> {
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < count) {
			const i = next++;
			// Half are aborted mid-write, a tenth while blocked, the rest end or leave in peace.
			const path =
				i % 2 === 1 ? "/mid-write" : i % 10 === 0 ? "/blocked" : i % 4 === 0 ? "/ends" : "/idle";
			await comeAndGo(path);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function settledLook(connectionsOpened: number): ReturnType<ServerProcess["look"]> {
	let look = await server.look();
	while (look.stats.connectionsOpened < connectionsOpened || look.stats.connections > 0)
		look = await server.look();
	return server.look();
}

it(`${CONNECTIONS} connections, half aborted mid-write and a tenth while blocked, leave nothing behind`, async ({
	annotate,
}) => {
	await churn(BEFORE);
	const before = await settledLook(BEFORE);
	await churn(CONNECTIONS);
	let after = await settledLook(BEFORE + CONNECTIONS);
	expect(after.stats).toMatchObject({
		connections: 0,
		clients: 0,
		groups: 0,
		errors: 0,
		drops: {},
	});
	expect(after.stats.connectionsOpened).toBe(BEFORE + CONNECTIONS);
	expect(Object.values(after.stats.closes).reduce((sum, n) => sum + n)).toBe(BEFORE + CONNECTIONS);
	expect(Object.keys(after.stats.closes).sort()).toEqual(["client", "server"]);
	expect(after.disconnectCalls).toBe(BEFORE + CONNECTIONS);
	expect(after.listenersLeft).toBe(0);
	// Those of closeTimeoutMs go with their sockets.
	while (after.timers > before.timers) after = await server.look();
	const grownMB = (after.heapUsed + after.buffers - before.heapUsed - before.buffers) / 1024 / 1024;
	await annotate(`the heap differs by ${grownMB.toFixed(2)} MB`);
	expect(grownMB).toBeLessThan(5);
});
