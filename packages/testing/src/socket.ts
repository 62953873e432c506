/**
 * A client that is a bare socket: for requests that no HTTP library would send, and for readers that do not read.
 */
import { once } from "node:events";
import net, { type Socket } from "node:net";
import { settled } from "./waiting.js";

export interface TestSocket {
	readonly socket: Socket;
	/** Everything received so far. */
	readonly text: string;
	/** Resolves once what was received contains `part`. */
	untilText(part: string): Promise<void>;
	/** Resolves when the socket has closed. */
	readonly closed: Promise<void>;
	/** Vanish: the server gets a reset. */
	abort(): void;
}

/** Connect and send `request`, its lines joined by CRLF and followed by an empty one. */
export async function openSocket(port: number, request: readonly string[]): Promise<TestSocket> {
	const socket = net.connect(port, "127.0.0.1");
	await once(socket, "connect");
	let text = "";
	const looks = new Set<() => void>();
	const lookAll = (): void => {
		for (const look of [...looks]) look();
	};
	socket.setEncoding("utf8");
	socket.on("data", (chunk) => {
		text += chunk;
		lookAll();
	});
	socket.on("error", () => {});
	const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
	socket.write(`${request.join("\r\n")}\r\n\r\n`);
	return {
		socket,
		get text() {
			return text;
		},
		untilText: (part) =>
			settled(
				new Promise<void>((resolve) => {
					const look = (): void => {
						if (!text.includes(part)) return;
						looks.delete(look);
						resolve();
					};
					looks.add(look);
					look();
				}),
				() => `${JSON.stringify(part)}; received ${JSON.stringify(text.slice(-200))}`,
			),
		closed,
		abort: () => socket.resetAndDestroy(),
	};
}

/** Open a GET stream and never read its body: headers are waited for, then reading stops. */
export async function openBlockedReader(port: number, path = "/"): Promise<TestSocket> {
	const client = await openSocket(port, [`GET ${path} HTTP/1.1`, "Host: 127.0.0.1"]);
	await client.untilText("\r\n\r\n");
	client.socket.pause();
	return client;
}
