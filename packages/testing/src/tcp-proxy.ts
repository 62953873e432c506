/**
 * A TCP proxy before a server, through which connections break in every way that networks have.
 */
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** `towards` the server, or `back` from it. */
export type Way = "towards" | "back";

interface Passage {
	readonly client: Socket;
	readonly upstream: Socket;
	/** What comes this way is thrown away, until the connection ends. */
	readonly muted: Set<Way>;
}

export interface TcpProxy {
	readonly port: number;
	/** Where new connections lead to. */
	target: number;
	/** How long each part takes, each way, in milliseconds. */
	delayMs: number;
	/** Connections are refused. */
	isShut: boolean;
	/** Of new connections as well. */
	readonly muted: Set<Way>;
	/** How many connections there are. */
	readonly size: number;
	/** How many bytes were thrown away. */
	readonly lost: number;
	/** Discards all bytes in one direction, while the connections seem to be up. `index`: only that connection, in the order of opening */
	mute(way: Way, index?: number): void;
	/** Let nothing through, and forget nothing. */
	hold(): void;
	release(): void;
	/** Break every connection, by a reset. `index`: only that one, as they were opened */
	cut(index?: number): void;
	/** Break those of which something was thrown away. */
	cutMuted(): void;
	close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
	const passages = new Set<Passage>();
	const muted = new Set<Way>();
	let isHeld = false;
	let lost = 0;

	const server = net.createServer((client) => {
		if (proxy.isShut) return void client.resetAndDestroy();
		const upstream = net.connect(proxy.target, "127.0.0.1");
		const passage = { client, upstream, muted: new Set(muted) };
		passages.add(passage);
		pass(client, upstream, passage, "towards");
		pass(upstream, client, passage, "back");
		if (isHeld) hold(passage);
	});

	function pass(from: Socket, to: Socket, passage: Passage, way: Way): void {
		from.setNoDelay(true);
		let before = Promise.resolve();
		let waiting = 0;
		from.on("data", (bytes) => {
			if (passage.muted.has(way)) {
				lost += bytes.length;
				return;
			}
			if (proxy.delayMs === 0 && waiting === 0) return void to.write(bytes);
			// In order, however the delay changes.
			waiting++;
			const due = performance.now() + proxy.delayMs;
			before = before.then(async () => {
				await pause(Math.max(0, due - performance.now()));
				waiting--;
				if (!to.destroyed) to.write(bytes);
			});
		});
		// 'close' follows.
		from.on("error", () => {});
		from.on("close", () => {
			passages.delete(passage);
			to.destroySoon();
		});
	}

	function chosen(index: number | undefined): readonly Passage[] {
		const all = [...passages];
		return index === undefined ? all : all.slice(index, index + 1);
	}

	server.listen(0, "127.0.0.1");
	await once(server, "listening");

	const proxy: TcpProxy = {
		port: (server.address() as AddressInfo).port,
		target: targetPort,
		delayMs: 0,
		isShut: false,
		muted,
		get size() {
			return passages.size;
		},
		get lost() {
			return lost;
		},
		mute: (way, index) => {
			for (const passage of chosen(index)) passage.muted.add(way);
		},
		hold: () => {
			isHeld = true;
			for (const passage of passages) hold(passage);
		},
		release: () => {
			isHeld = false;
			for (const { client, upstream } of passages) {
				client.resume();
				upstream.resume();
			}
		},
		cut: (index) => {
			for (const passage of chosen(index)) cut(passage);
		},
		cutMuted: () => {
			for (const passage of passages) if (passage.muted.size > 0) cut(passage);
		},
		close: async () => {
			const closed = once(server, "close");
			server.close();
			for (const { client, upstream } of passages) {
				client.destroy();
				upstream.destroy();
			}
			await closed;
		},
	};
	return proxy;
}

function hold({ client, upstream }: Passage): void {
	client.pause();
	upstream.pause();
}

function cut({ client, upstream }: Passage): void {
	client.resetAndDestroy();
	upstream.destroy();
}
