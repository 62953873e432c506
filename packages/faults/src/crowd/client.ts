/**
 * A client: reads a stream of any live process, records everything that it receives, and reconnects to another process with the
 * last id it received. Some leave on their own, some do not read for a while.
 */
import http, { type ClientRequest, type IncomingMessage } from "node:http";
import type { Random } from "@sse-service/testing";
import type { Received } from "../checker/received.js";
import { now } from "../clock.js";
import { isPartialId, ownIdOf, parseId } from "../truth/position.js";
import type { Reader } from "../truth/target.js";
import { type Block, createBlockReader } from "./blocks.js";
import { DIRECT, HEAVY, RECOVERED } from "./direct.js";

/** `steady` stays as long as it can, `restless` connects and leaves again, `slow` stops reading now and then. */
export type Temper = "steady" | "restless" | "slow";

export interface ClientHost {
	readonly random: Random;
	/** The processes that accept connections, as far as is known. */
	ports(): readonly number[];
	/** Whether connections receive no individual events: older versions send their ids differently. */
	readonly isPlain?: boolean;
	onProblem(reader: Reader, what: string): void;
}

// How long a client stays connected, stops reading, and stays disconnected, in milliseconds.
const STAY = [500, 6_000] as const;
const STALL = [500, 4_000] as const;
const AWAY = [5, 400] as const;
const LONG_AWAY = [1_000, 4_000] as const;

// If a process does not answer by then, the client tries another.
const CONNECT_TIMEOUT_MS = 3_000;

/** How many streams also receive individual events. */
const DIRECT_ONE_IN = 4;

/** How many streams of slow clients are filled at once and not read at first, so that everything waits in their processes. */
const HEAVY_ONE_IN = 8;

/** For how many streams `recover` covers what they missed. */
const RECOVERED_ONE_IN = 4;

// Heartbeats come more often.
const SILENCE_MS = 10_000;

export class Client {
	readonly reader: Reader;
	readonly temper: Temper;
	readonly #host: ClientHost;
	#received: Received[] = [];
	#lastId: string | undefined;
	#request: ClientRequest | undefined;
	#response: IncomingMessage | undefined;
	#timer: NodeJS.Timeout | undefined;
	#isStopped = false;

	constructor(reader: Reader, temper: Temper, host: ClientHost) {
		this.reader = reader;
		this.temper = temper;
		this.#host = host;
	}

	/** What it has received since the last call. */
	take(): readonly Received[] {
		const received = this.#received;
		this.#received = [];
		return received;
	}

	/** Puts back what must not be checked yet. */
	putBack(received: readonly Received[]): void {
		this.#received = [...received, ...this.#received];
	}

	/** A process is about to receive an order about it. */
	onTold(id: number, what: string): void {
		this.#write({ kind: "told", id, what, at: now() });
	}

	/** Whether a stream is open, and stays open as long as its process allows. */
	get isSteady(): boolean {
		return this.temper === "steady" && this.#response !== undefined;
	}

	get received(): readonly Received[] {
		return this.#received;
	}

	start(): void {
		this.#timer = setTimeout(() => this.#connect(), this.#host.random.between(0, 500));
	}

	stop(): void {
		this.#isStopped = true;
		clearTimeout(this.#timer);
		this.#request?.destroy();
	}

	#connect(): void {
		const ports = this.#host.ports();
		const index = this.#host.random.between(0, ports.length - 1);
		const port = ports[index];
		if (port === undefined) {
			this.#comeBack();
			return;
		}
		const { clientId, groups } = this.reader;
		const { random, isPlain } = this.#host;
		const isDirect = random.between(1, DIRECT_ONE_IN) === 1;
		const isRecovered = random.between(1, RECOVERED_ONE_IN) === 1 && isPlain !== true;
		const all = isRecovered ? [...groups, RECOVERED] : groups;
		const query = new URLSearchParams({ client: clientId, groups: all.join(",") });
		if (isDirect && isPlain !== true) query.set(DIRECT, "");
		const isHeavy = this.temper === "slow" && random.between(1, HEAVY_ONE_IN) === 1;
		if (isHeavy) query.set(HEAVY, "");
		const headers = this.#lastId === undefined ? {} : { "Last-Event-ID": this.#lastId };
		const request = http.get(`http://127.0.0.1:${port}/events?${query}`, {
			agent: false,
			headers,
			timeout: CONNECT_TIMEOUT_MS,
		});
		this.#request = request;
		request.on("timeout", () => request.destroy());
		request.on("error", () => {});
		request.on("response", (response) => {
			// Refused: the process is about to end.
			if (response.statusCode !== 200) return void request.destroy();
			request.setTimeout(SILENCE_MS);
			const lastId = this.#lastId === undefined ? undefined : parseId(this.#lastId);
			this.#write({ kind: "opened", process: port, lastId, at: now() });
			this.#response = response.setEncoding("utf8");
			response.on(
				"data",
				createBlockReader((block) => this.#take(block)),
			);
			response.on("error", () => {});
			if (isHeavy) this.#stall(() => this.#leave(request));
			else this.#beRestless(request);
		});
		request.on("close", () => {
			if (this.#response !== undefined) this.#write({ kind: "closed", at: now() });
			this.#response = undefined;
			this.#comeBack();
		});
	}

	#comeBack(): void {
		clearTimeout(this.#timer);
		if (this.#isStopped) return;
		const isLong = this.#host.random.between(1, 10) === 1;
		this.#in(isLong ? LONG_AWAY : AWAY, () => this.#connect());
	}

	#beRestless(request: ClientRequest): void {
		if (this.temper === "restless") this.#leave(request);
		else if (this.temper === "slow") {
			this.#in(STAY, () => this.#stall(() => this.#beRestless(request)));
		}
	}

	#leave(request: ClientRequest): void {
		this.#in(STAY, () => request.destroy());
	}

	/** Reads nothing for a while, and goes on. */
	#stall(goOn: () => void): void {
		this.#response?.pause();
		this.#in(STALL, () => {
			this.#response?.resume();
			goOn();
		});
	}

	#in([least, most]: readonly [number, number], act: () => void): void {
		this.#timer = setTimeout(act, this.#host.random.between(least, most));
	}

	#take({ event, data, id }: Block): void {
		if (id !== undefined) this.#lastId = id;
		if (id === undefined && data === undefined) return;
		const at = now();
		const number = Number.parseInt(data ?? "", 10);
		const position = id === undefined ? undefined : parseId(id);
		const isPartial = id !== undefined && isPartialId(id);
		if (event === HEAVY) return;
		if (event === RECOVERED) {
			const { reason, lastEventId } = JSON.parse(data ?? "");
			this.#write({ kind: "recovered", reason, from: parseId(lastEventId), at });
		} else if (id === undefined) {
			this.#write({ kind: "state", number, at });
		} else if (position === undefined) {
			this.#host.onProblem(this.reader, `a block has the id ${id}: ${event}, ${data}`);
		} else if (data === undefined) {
			this.#write({ kind: "id", position, isPartial, at });
		} else if (event === "gap") {
			this.#write({ kind: "gap", reason: JSON.parse(data).reason, position, isPartial, at });
		} else if (event === DIRECT) {
			// This is the application's own id.
			if (ownIdOf(id) !== data) this.#host.onProblem(this.reader, `${data} has the id ${id}`);
			this.#write({ kind: "direct", position, at });
		} else {
			this.#write({ kind: "event", number, position, ownId: ownIdOf(id), at });
		}
	}

	#write(received: Received): void {
		this.#received.push(received);
	}
}
