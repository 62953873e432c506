/**
 * Sockets that another process has accepted, as in a sticky cluster.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import { openSocket, openStream, settled } from "@sse-service/testing";
import { expect, it } from "vitest";

// Node counts no bytes of what another process has read, so a socket with a request looked like one that a browser had
// opened ahead, and `server.close()` destroyed it.
it("closing a server cuts no stream and no request on sockets that another process has handed over", async () => {
	const worker = fork(join(import.meta.dirname, "sticky-worker.mjs"));
	const asked: unknown[] = [];
	let onAsked = (): void => {};
	worker.on("message", (message) => {
		asked.push(message);
		onAsked();
	});
	const front = net.createServer((socket) => {
		socket.once("data", (chunk) => {
			socket.pause();
			worker.send(chunk.toString("latin1"), socket);
		});
	});
	try {
		front.listen(0, "127.0.0.1");
		await once(front, "listening");
		const { port } = front.address() as AddressInfo;
		const host = "Host: 127.0.0.1";
		const allAsked = new Promise<void>((resolve) => {
			onAsked = () => asked.length === 2 && resolve();
		});
		const stream = await openStream(`http://127.0.0.1:${port}/events`);
		const pending = await openSocket(port, ["GET /pending HTTP/1.1", host, "Connection: close"]);
		const upgraded = await openSocket(port, [
			"GET / HTTP/1.1",
			host,
			"Connection: Upgrade",
			"Upgrade: test",
		]);
		await settled(allAsked, "both requests to arrive");

		const ended = once(worker, "exit");
		worker.send("close");
		expect(await settled(stream.ended, "the stream to end")).toBe(true);
		expect(stream.events).toEqual([{ data: "last" }]);
		await settled(Promise.all([pending.closed, upgraded.closed]), "the other sockets to close");
		expect(pending.text).toMatch(/\r\n\r\npending$/);
		expect(upgraded.text).toBe("upgraded");
		expect(await settled(ended, "the worker to end")).toEqual([0, null]);
	} finally {
		worker.kill("SIGKILL");
		front.close();
	}
});
