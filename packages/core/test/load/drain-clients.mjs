/**
 * Clients in a process of their own: they open streams, and say of each when it ended and the `retry` it was told last.
 */
import net from "node:net";

const AT_ONCE = 100;

/** Resolves when the stream has opened; `ended` when its socket has. */
function open(port, id) {
	return new Promise((resolve, reject) => {
		const socket = net.connect(port, "127.0.0.1");
		let text = "";
		const ended = new Promise((onEnded) => {
			socket.on("end", () => {
				const endedAt = performance.timeOrigin + performance.now();
				const retry = Number(
					text
						.match(/^retry: (\d+)$/gm)
						?.at(-1)
						?.slice(7),
				);
				onEnded({ id, endedAt, retry, isClean: text.endsWith("\r\n0\r\n\r\n") });
			});
		});
		socket.on("error", reject);
		socket.on("data", (chunk) => {
			text += chunk;
			if (text.includes(": open")) resolve({ ended });
		});
		socket.write(`GET /${id} HTTP/1.1\r\nHost: x\r\n\r\n`);
	});
}

process.on("message", async ({ port, count }) => {
	let next = 0;
	const ends = [];
	const worker = async () => {
		while (next < count) ends.push((await open(port, next++)).ended);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	process.send("open");
	process.send(await Promise.all(ends));
});
process.on("disconnect", () => process.exit());
