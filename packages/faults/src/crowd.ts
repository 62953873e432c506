/**
 * The crowd: all clients of a run.
 */
import type { Random } from "@sse-service/testing";
import { Client, type ClientHost, type Temper } from "./client.js";
import { now, pause } from "./clock.js";
import type { Position } from "./position.js";
import { type Reader, type Received, STATE_GROUP } from "./received.js";

const GROUPS = ["red", "green", "blue", "black", STATE_GROUP];
const MAX_GROUPS = 3;

/** Of ten clients so many have a second stream. */
const SECOND_OF_TEN = 2;

/** Of ten streams. */
const TEMPERS: readonly Temper[] = [
	...Array.from({ length: 5 }, () => "steady" as const),
	...Array.from({ length: 4 }, () => "restless" as const),
	"slow",
];

export class Crowd {
	readonly groups: readonly string[] = GROUPS;
	readonly clientIds: readonly string[];
	readonly #clients: readonly Client[];

	/** @param size how many streams there are */
	constructor(size: number, host: ClientHost) {
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
			const temper = TEMPERS[index % TEMPERS.length] ?? "steady";
			return new Client(reader, temper, host);
		});
	}

	start(): void {
		for (const client of this.#clients) client.start();
	}

	stop(): void {
		for (const client of this.#clients) client.stop();
	}

	/** @returns those who have not come to a position within the time */
	async untilAt(position: Position, timeoutMs: number): Promise<readonly Client[]> {
		const isThere = (client: Client): boolean => endOf(client.received, position) > 0;
		let away = this.#clients;
		for (const deadline = now() + timeoutMs; ; await pause(50)) {
			away = away.filter((client) => !isThere(client));
			if (away.length === 0 || now() > deadline) return away;
		}
	}

	/** What each has received, since this was called last, until it came to a position: all, where it has not come there. */
	takeUpTo(position: Position | undefined): ReadonlyMap<Reader, readonly Received[]> {
		return new Map(
			this.#clients.map((client) => {
				const received = client.take();
				const end = position === undefined ? 0 : endOf(received, position);
				if (end > 0) client.putBack(received.slice(end));
				return [client.reader, end > 0 ? received.slice(0, end) : received];
			}),
		);
	}
}

/** How many until a position is reached, that one included; 0 when it is not. */
function endOf(received: readonly Received[], { epoch, sequence }: Position): number {
	const isAt = (each: Received): boolean =>
		"position" in each && each.position.epoch === epoch && each.position.sequence >= sequence;
	const isWhole = (each: Received): boolean => !("isPartial" in each) || each.isPartial !== true;
	return received.findIndex((each) => isAt(each) && isWhole(each)) + 1;
}

function someOf(all: readonly string[], random: Random): readonly string[] {
	const left = [...all];
	const count = random.between(0, MAX_GROUPS);
	return Array.from({ length: count }, () =>
		left.splice(random.between(0, left.length - 1), 1),
	).flat();
}
