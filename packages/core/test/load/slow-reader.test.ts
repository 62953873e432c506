/**
 * One reader that never reads, among many that do.
 */
import { readFileSync } from "node:fs";
import net, { type Socket } from "node:net";
import { settled, sizeOf } from "@sse-service/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ServerProcess, startServerProcess } from "./server-process.js";

/** Each takes 8 MB through the system. That one harms no other shows beside a few; a long run has many. */
const READERS = sizeOf({ usual: 25, long: 1_000 });
const EVENTS = 500;
const SIZE = 16_000;

let server: ServerProcess;
let sockets: Socket[];

beforeEach(async () => {
	sockets = [];
	server = await startServerProcess();
});

afterEach(() => {
	for (const socket of sockets) socket.destroy();
	server.stop();
});

/** What every reader must receive as the body, chunk framing left out. */
const body = Buffer.from(
	`: open\n${Array.from({ length: EVENTS }, (_, i) => `id: ${i}\ndata: ${"y".repeat(SIZE)}\n\n`).join("")}`,
);

/** A reader that compares every byte with the expected one. Resolves when it has all of them. */
async function openReader(): Promise<{ readonly done: Promise<void> }> {
	const socket = net.connect(server.port, "127.0.0.1");
	sockets.push(socket);
	socket.write("GET / HTTP/1.0\r\n\r\n");
	let head: string | undefined = "";
	let at = 0;
	let onOpen = (): void => {};
	const opened = new Promise<void>((resolve) => {
		onOpen = resolve;
	});
	const done = new Promise<void>((resolve, reject) => {
		socket.on("error", reject);
		socket.on("close", () => reject(new Error(`closed after ${at} of ${body.length} bytes`)));
		const take = (chunk: Buffer): void => {
			if (!body.subarray(at, at + chunk.length).equals(chunk)) {
				reject(new Error(`differs near byte ${at}`));
				socket.destroy();
			}
			at += chunk.length;
			if (at === body.length) resolve();
		};
		socket.on("data", (chunk: Buffer) => {
			if (head === undefined) return take(chunk);
			head += chunk.toString("latin1");
			const end = head.indexOf("\r\n\r\n");
			if (end === -1) return;
			const rest = Buffer.from(head.slice(end + 4), "latin1");
			head = undefined;
			take(rest);
			onOpen();
		});
	});
	done.catch(() => {});
	await settled(opened, "a reader to connect");
	return { done };
}

it(`${READERS} readers get every byte while one never reads; it ends with reason slow, memory stays bounded`, async ({
	annotate,
}) => {
	const readers: Promise<void>[] = [];
	for (let i = 0; i < READERS; i++) readers.push((await openReader()).done);
	const blocked = net.connect(server.port, "127.0.0.1");
	sockets.push(blocked);
	blocked.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	blocked.pause();
	blocked.on("error", () => {});
	while ((await server.look()).stats.connections < READERS + 1);

	const rssBefore = rssOf(server.pid);
	const { rssMost } = await server.broadcast({ count: EVENTS, size: SIZE });
	await settled(Promise.all(readers), "every reader to have everything");

	const { stats } = await server.look();
	expect(stats.closes).toEqual({ slow: 1 });
	expect(stats.connections).toBe(READERS);
	const grownMB = (rssMost - rssBefore) / 1024 / 1024;
	await annotate(`the process grew by ${grownMB.toFixed(1)} MB at most`);
	expect(grownMB).toBeLessThan(96);
});

/** Resident bytes of a process, as Linux says. */
function rssOf(pid: number): number {
	const pages = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1];
	return Number(pages) * 4096;
}
