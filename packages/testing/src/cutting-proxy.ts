/**
 * A TCP proxy that cuts the connections through it: at random bytes, and inside each part of an event stream.
 */
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { createRandom, type Random } from "./random.js";
import { PLACES, type Place, ResponsePlace } from "./response-place.js";

/** `reset`: the client gets an RST. `end`: it gets a FIN, as if the server had said all. */
type Way = "reset" | "end";

export interface CuttingProxyOptions {
	/** Of the server, on 127.0.0.1. */
	readonly port: number;
	/** The same bytes are cut at the same places. */
	readonly seed: number;
	/** How many bytes of a response pass, at most. */
	readonly maxBytes: number;
	/** Then connections are left alone. */
	readonly maxCuts: number;
}

export interface CuttingProxy {
	readonly url: string;
	readonly cuts: number;
	/** How many there were, by place and way. */
	readonly cutsAt: Readonly<Record<string, number>>;
	/** Cut from now on. Before, whatever comes passes. */
	start(): void;
	close(): Promise<void>;
}

/** Every place and way that the proxy cuts at, as `cutsAt` names them. */
export const CUTS: readonly string[] = PLACES.flatMap((place) => [
	`${place} reset`,
	`${place} end`,
]);

// `undefined`: anywhere. Such cuts come first, because an open connection has already had its headers.
const AIMS: readonly (Place | undefined)[] = [
	undefined,
	"framing",
	"event",
	"between",
	"headers",
	"id",
];
// How many bytes there are of each in the beginning of every response, and of the others in a few blocks.
const DEPTHS_AT_START: Partial<Record<Place, number>> = { headers: 100, framing: 9 };
const DEPTH = 20;

/** Start one on a free port. Each connection is cut once, at the next of its aims, which repeat. */
export async function startCuttingProxy(options: CuttingProxyOptions): Promise<CuttingProxy> {
	const random = createRandom(options.seed);
	const sockets = new Set<Socket>();
	const cutsAt: Record<string, number> = {};
	let isStarted = false;
	let planned = 0;
	let cuts = 0;

	function plan(): Cut | undefined {
		if (!isStarted || planned === options.maxCuts) return undefined;
		return new Cut(planned++, random, options.maxBytes);
	}

	const server = net.createServer((client) => {
		const upstream = net.connect(options.port, "127.0.0.1");
		const place = new ResponsePlace();
		let cut: Cut | undefined;
		for (const [socket, other] of [
			[client, upstream],
			[upstream, client],
		] as const) {
			sockets.add(socket);
			// 'close' follows, and says all.
			socket.on("error", () => {});
			socket.on("close", () => {
				sockets.delete(socket);
				other.destroySoon();
			});
		}
		client.pipe(upstream);
		upstream.on("data", (bytes) => {
			cut ??= plan();
			const last = bytes.findIndex((byte) => {
				place.push(byte);
				return cut?.isAt(place.current) === true;
			});
			if (cut === undefined || last === -1) {
				client.write(bytes);
				return;
			}
			cuts++;
			const name = `${place.current} ${cut.way}`;
			cutsAt[name] = (cutsAt[name] ?? 0) + 1;
			upstream.removeAllListeners("data").resetAndDestroy();
			const head = bytes.subarray(0, last + 1);
			if (cut.way === "end") client.end(head);
			else client.write(head, () => client.resetAndDestroy());
		});
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");

	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		get cuts() {
			return cuts;
		},
		cutsAt,
		start: () => {
			isStarted = true;
		},
		close: async () => {
			const closed = once(server, "close");
			server.close();
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
}

/** Where one connection is cut, and how. */
class Cut {
	readonly way: Way;
	readonly #aim: Place | undefined;
	/** Bytes that pass, anywhere in the stream. */
	#pass: number;
	/** Bytes within the aim. */
	#depth: number;
	/** Until it is cut, wherever that is. */
	#bytesLeft: number;

	constructor(index: number, random: Random, maxBytes: number) {
		this.#aim = AIMS[index % AIMS.length];
		this.way = Math.floor(index / AIMS.length) % 2 === 0 ? "reset" : "end";
		const depthAtStart = this.#aim && DEPTHS_AT_START[this.#aim];
		const isAtStart = depthAtStart !== undefined;
		this.#pass = isAtStart ? 0 : random.between(0, Math.floor(maxBytes * 0.9));
		this.#depth = random.between(1, depthAtStart ?? DEPTH);
		this.#bytesLeft = maxBytes;
	}

	/** Asked after each byte. */
	isAt(place: Place): boolean {
		if (--this.#bytesLeft === 0) return true;
		if (this.#pass > 0) {
			this.#pass--;
			return false;
		}
		if (this.#aim !== undefined && this.#aim !== place) return false;
		return --this.#depth === 0;
	}
}
