/**
 * A world for tests of the checker: a log and its readers. What they receive, and what the log loses, is made up.
 */
import { expect } from "vitest";
import { Checker } from "../src/checker/checker.js";
import type { Received } from "../src/checker/received.js";
import type { Rule, Violation } from "../src/checker/violation.js";
import type { Branch, Entry } from "../src/truth/branch.js";
import type { Position } from "../src/truth/position.js";
import { isFor, type Reader, type Target } from "../src/truth/target.js";
import { Truth } from "../src/truth/truth.js";

export const READERS: readonly Reader[] = [
	{ name: "ada", clientId: "ada", groups: ["red"] },
	{ name: "ada's other", clientId: "ada", groups: ["blue"] },
	{ name: "bob", clientId: "bob", groups: ["red", "blue"] },
	{ name: "cleo", clientId: "cleo", groups: [] },
	{ name: "dora", clientId: "dora", groups: ["state"] },
];
export const [ADA, , BOB, , DORA] = READERS as readonly [Reader, Reader, Reader, Reader, Reader];

const TARGETS: readonly Target[] = [
	"all",
	{ group: "red" },
	{ client: "ada" },
	{ group: "blue" },
	{ client: "ada", group: "red" },
	{ all: true, except: { client: "ada" } },
];

export function at(sequence: number, epoch = "one", tag = `${epoch}${sequence}`): Position {
	return { epoch, sequence, tag };
}

interface SendOptions {
	readonly isAcknowledged?: boolean;
	/** Who receives them, of those they are for. */
	readonly to?: readonly Reader[];
	readonly targets?: readonly Target[];
	readonly key?: string;
	readonly ttlMs?: number;
}

export class World {
	readonly truth: Truth;
	readonly #checker: Checker;
	readonly #received = new Map<Reader, Received[]>(READERS.map((reader) => [reader, []]));
	/** What the engine's log has now. */
	#log = new Map<number, Entry>();
	#epoch = "one";
	#numbers = 0;
	#time = 0;

	/** @param maxEvents how many the engine keeps */
	constructor(maxEvents = Infinity) {
		this.truth = new Truth(maxEvents);
		this.#checker = new Checker(this.truth);
	}

	/**
	 * Sends this many, to the targets in turn, stores them, and delivers them to their readers.
	 *
	 * @param from the position of the first
	 * @returns the number of the last
	 */
	send(count: number, from: Position, options: SendOptions = {}): number {
		const { isAcknowledged = true, to = READERS, targets = TARGETS, key, ttlMs } = options;
		const { epoch, sequence } = from;
		const isPlain = from.tag === at(sequence, epoch).tag;
		for (let index = 0; index < count; index++) {
			const number = ++this.#numbers;
			const target = targets[index % targets.length] ?? "all";
			const tag = isPlain ? at(sequence + index, epoch).tag : `${from.tag}${index}`;
			const position = at(sequence + index, epoch, tag);
			this.truth.send(number, { target, key, ttlMs, at: this.now });
			this.store(position, number);
			if (isAcknowledged) expect(this.truth.acknowledge(number, position)).toBeUndefined();
			for (const reader of to) {
				if (isFor(target, reader)) this.give(reader, { kind: "event", number, position });
			}
		}
		return this.#numbers;
	}

	/** Has a process change the groups of a client; the other processes follow through the log. @returns the id of the command */
	tell(what: "join" | "leave", clientId: string, group: string, process = 1): number {
		const id = ++this.#numbers;
		this.truth.told.set(id, { do: what, clientId, group, process });
		for (const reader of READERS)
			if (reader.clientId === clientId) this.give(reader, { kind: "told", id, what });
		return id;
	}

	/** Put something into the log, or, without a number, what is no event. */
	store({ epoch, sequence, tag }: Position, number?: number, told?: number): void {
		if (epoch !== this.#epoch) this.#log.clear();
		this.#epoch = epoch;
		this.#log.set(sequence, { tag, number, told });
	}

	give(reader: Reader, ...received: readonly Untimed[]): void {
		for (const each of received) this.of(reader).push({ ...each, at: this.now });
	}

	giveAll(received: Untimed): void {
		for (const reader of READERS) this.give(reader, received);
	}

	gapForAll(reason: string, position: Position): void {
		this.giveAll({ kind: "gap", reason, position });
	}

	of(reader: Reader): Received[] {
		return this.#received.get(reader) ?? [];
	}

	get now(): number {
		return ++this.#time;
	}

	/** Let time pass. */
	wait(ms: number): void {
		this.#time += ms;
	}

	/** Read what the log has. */
	read(): void {
		const found = { epoch: this.#epoch, entries: new Map(this.#log) };
		if (this.#log.size > 0) this.truth.read(found, this.truth.ledger.current);
	}

	/** The log loses what is after a sequence. @returns the branch that had that, all of which has been read */
	cut(sequence: number): Branch {
		this.read();
		const left = this.cutUnread(sequence);
		left.end();
		return left;
	}

	/** The same, and what is lost was not read. */
	cutUnread(sequence: number): Branch {
		const left = this.truth.cut(sequence);
		for (const each of this.#log.keys()) if (each > sequence) this.#log.delete(each);
		if (left === undefined) throw new Error("there is no log");
		return left;
	}

	/** The log loses what is up to a sequence. */
	trim(sequence: number): void {
		this.read();
		this.truth.trim(sequence);
		for (const each of this.#log.keys()) if (each <= sequence) this.#log.delete(each);
	}

	/** The same, and what is lost was not read. */
	trimUnread(sequence: number): void {
		this.truth.trim(sequence);
		for (const each of this.#log.keys()) if (each <= sequence) this.#log.delete(each);
	}

	/** The log loses all. */
	wipe(): void {
		this.read();
		this.truth.wipe(this.now);
		this.#log.clear();
	}

	/** The same, and what came since the last read was not read. */
	wipeUnread(): void {
		this.truth.wipe(this.now);
		this.#log.clear();
	}

	check(): readonly Violation[] {
		this.read();
		const violations = this.#checker.check(this.#received);
		for (const all of this.#received.values()) all.length = 0;
		return violations;
	}

	/** The rules that are violated, and how many readers saw that. */
	rules(): readonly Rule[] {
		return [...new Set(this.check().map(({ rule }) => rule))];
	}
}

export type Untimed = Received extends infer Each
	? Each extends Received
		? Omit<Each, "at">
		: never
	: never;

/** Fifty events that everyone received as they should. */
export function rightWorld(): World {
	const world = new World();
	world.giveAll({ kind: "opened", process: 0, lastId: undefined });
	world.giveAll({ kind: "id", position: at(0, "one", "0") });
	world.send(50, at(1));
	return world;
}
