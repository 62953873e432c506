/**
 * The crowd: all clients of a run.
 */
import type { Random } from "@sse-service/testing";
import type { Received } from "../checker/received.js";
import { limitOf, pause } from "../clock.js";
import type { Position } from "../truth/position.js";
import { type Reader, STATE_GROUPS } from "../truth/target.js";
import { Client, type ClientHost, type Temper } from "./client.js";

const GROUPS = ["red", "green", "blue", "black", ...STATE_GROUPS];
const MAX_GROUPS = 3;

/** How many of ten clients have a second stream. */
const SECOND_OF_TEN = 2;

/** How many of ten streams connect and leave again; the others stay, except the slow ones. */
const RESTLESS_OF_TEN = 4;

/** An event for everyone, which all must receive. */
export interface Mark {
	readonly position: Position;
	/** Whether the log that has this position also has the other one, as far as it has been read. */
	isBeside(position: Position): boolean;
}

export class Crowd {
	readonly groups: readonly string[] = GROUPS;
	readonly clientIds: readonly string[];
	readonly #clients: readonly Client[];

	/** @param size how many streams there are, and how many of ten are slow */
	constructor(size: number, slowOfTen: number, host: ClientHost) {
		const readers: Reader[] = [];
		while (readers.length < size) {
			const clientId = `client${readers.length}`;
			const streams = host.random.between(1, 10) <= SECOND_OF_TEN ? 2 : 1;
			for (let stream = 1; stream <= streams && readers.length < size; stream++) {
				const name = `${clientId}, stream ${stream}`;
				readers.push({ name, clientId, groups: someOf(GROUPS, host.random) });
			}
		}
		this.clientIds = [...new Set(readers.map(({ clientId }) => clientId))];
		this.#clients = readers.map((reader, index) => {
			return new Client(reader, temperOf(index % 10, slowOfTen), host);
		});
	}

	start(): void {
		for (const client of this.#clients) client.start();
	}

	stop(): void {
		for (const client of this.#clients) client.stop();
	}

	/** A process is about to receive an order about a client. */
	onTold(clientId: string, id: number, what: string): void {
		const own = this.#clients.filter(({ reader }) => reader.clientId === clientId);
		for (const client of own) client.onTold(id, what);
	}

	/** How many streams each client has, for clients whose streams are all steady. */
	steady(): ReadonlyMap<string, number> {
		const counts = new Map<string, number>();
		for (const clientId of this.clientIds) {
			const own = this.#clients.filter(({ reader }) => reader.clientId === clientId);
			if (own.every(({ isSteady }) => isSteady)) counts.set(clientId, own.length);
		}
		return counts;
	}

	/** @returns the clients that have not received a mark within the time */
	async untilAt(mark: Mark, timeoutMs: number): Promise<readonly Client[]> {
		const isThere = (client: Client): boolean => endOf(client.received, mark) > 0;
		let away = this.#clients;
		for (const isOver = limitOf(timeoutMs); ; await pause(50)) {
			away = away.filter((client) => !isThere(client));
			if (away.length === 0 || isOver()) return away;
		}
	}

	/** What each client has received since the last call, up to a mark; everything, if it has not received the mark. */
	takeUpTo(mark: Mark | undefined): ReadonlyMap<Reader, readonly Received[]> {
		return new Map(
			this.#clients.map((client) => {
				const received = client.take();
				const end = mark === undefined ? 0 : endOf(received, mark);
				if (end > 0) client.putBack(received.slice(end));
				return [client.reader, end > 0 ? received.slice(0, end) : received];
			}),
		);
	}
}

/** How many items up to and including the mark; 0 if the mark is not among them. */
function endOf(received: readonly Received[], { position, isBeside }: Mark): number {
	const { epoch, sequence, tag } = position;
	const isAt = (each: Received): boolean => {
		if (!("position" in each) || each.position.epoch !== epoch) return false;
		if (each.position.sequence < sequence) return false;
		if (each.kind === "event" && each.position.tag === tag) return true;
		const isWhole = !("isPartial" in each) || each.isPartial !== true;
		return isWhole && isBeside(each.position);
	};
	return received.findIndex(isAt) + 1;
}

function someOf(all: readonly string[], random: Random): readonly string[] {
	const left = [...all];
	const count = random.between(0, MAX_GROUPS);
	return Array.from({ length: count }, () =>
		left.splice(random.between(0, left.length - 1), 1),
	).flat();
}

/** @param index of ten */
function temperOf(index: number, slowOfTen: number): Temper {
	if (index >= 10 - slowOfTen) return "slow";
	return index >= 10 - slowOfTen - RESTLESS_OF_TEN ? "restless" : "steady";
}
