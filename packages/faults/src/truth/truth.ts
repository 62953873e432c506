/**
 * The truth: what was sent, what the log has, and what happened to it. Everything that a reader received is compared with it.
 *
 * What the engine's log has, the checker reads itself. Only where an entry was gone before it could be read does the truth rest
 * on what was acknowledged or received. When that was decides nothing: it may have been in a socket for long.
 */
import type { Branch, Entry, Found } from "./branch.js";
import { Events } from "./events.js";
import { Ledger } from "./ledger.js";
import { Losses } from "./losses.js";
import type { Passed } from "./passed.js";
import { nameOf, type Position } from "./position.js";
import type { Sent } from "./sent.js";
import { type Sighting, Sightings } from "./sightings.js";
import { isForClient, type Reader } from "./target.js";
import type { Told } from "./told.js";

/** How many positions there were, by what showed what is there. */
export interface Evidence {
	readonly log: number;
	readonly receipt: number;
}

/** NATS knows an idempotency key for longer than the event: of one that is gone it answers no tag. */
const NO_TAG = "0";

export class Truth {
	readonly losses = new Losses();
	readonly ledger: Ledger;
	/** The commands that processes were given, by id. */
	readonly told = new Map<number, Told>();
	/** The ports of processes of an older version, which has other rules. */
	readonly olderVersions = new Set<number>();
	readonly #events = new Events();
	readonly #sightings = new Sightings();
	readonly #maxEvents: number;
	/** Acknowledged without a tag, and not judged yet. */
	readonly #untagged: { readonly number: number; readonly position: Position }[] = [];
	#evidence: Evidence = { log: 0, receipt: 0 };

	/** @param maxEvents how many the engine keeps */
	constructor(maxEvents = Infinity) {
		this.#maxEvents = maxEvents;
		this.ledger = new Ledger((number) => this.keyOf(number));
	}

	send(number: number, sent: Sent): void {
		this.#events.add(number, sent);
	}

	sent(number: number): Sent | undefined {
		return this.#events.get(number);
	}

	/** The name of its key, with its target. */
	keyOf(number: number): string | undefined {
		return this.#events.keyOf(number);
	}

	/** The log has acknowledged it. @returns what is wrong with that, if anything */
	acknowledge(number: number, position: Position): string | undefined {
		if (position.tag !== NO_TAG) return this.see(number, position);
		// Whether it is gone is known when the log has been read.
		this.#untagged.push({ number, position });
		return undefined;
	}

	/** A reader received it, or, without a number, the id of something. @returns what is wrong with that, if anything */
	see(number: number | undefined, position: Position): string | undefined {
		if (this.ledger.of(position.epoch).length === 0) this.ledger.found(position.epoch);
		const other = this.#sightings.add(position, number);
		if (other === undefined) return undefined;
		return `events ${other} and ${number} are both at ${nameOf(position)}`;
	}

	// What happened to the log.

	/** @param branch the one that the engine was on when it was asked */
	read(found: Found, branch: Branch | undefined): void {
		this.ledger.read(found, branch);
	}

	/** The events up to this one are lost. */
	trim(sequence: number): void {
		const epoch = this.ledger.current?.epoch;
		if (epoch !== undefined) this.losses.trim({ epoch, sequence });
	}

	/** The events after this one are lost, although they were acknowledged. @returns the branch that had them */
	cut(sequence: number): Branch | undefined {
		return this.ledger.fork(sequence);
	}

	/** Everything is lost. */
	wipe(at: number): void {
		this.losses.wipe(this.#sightings.epochs, at);
	}

	// What follows from it.

	/** The branches that a position is on. */
	branchesWith(position: Position): readonly Branch[] {
		return this.ledger.of(position.epoch).filter((branch) => this.isOn(branch, position));
	}

	/** Whether a position is on a branch, as the log says, or may be where that was not read. */
	isOn(branch: Branch, position: Position): boolean {
		if (branch.epoch !== position.epoch) return false;
		if (branch.has(position)) return true;
		return branch.isUnread(position.sequence) && !this.ledger.has(position);
	}

	/** What is in a place of a branch; `undefined` when that is not known. */
	entryOn(branch: Branch, sequence: number): Entry | undefined {
		const read = branch.at(sequence);
		if (read !== undefined || !branch.isUnread(sequence)) return read;
		const unread = this.ledger.of(branch.epoch).filter((each) => each.isUnread(sequence));
		const [one, ...others] = this.#unreadAt(branch.epoch, sequence);
		if (one === undefined || others.length > 0 || unread.length > 1) return undefined;
		return { tag: one.position.tag, number: one.number };
	}

	/** Whether a branch has a newer event of a key than that at a sequence, or may have one where the log was not read. */
	mayHaveNewer(branch: Branch, key: string, sequence: number): boolean {
		if (branch.newestOf(key) > sequence) return true;
		for (let place = sequence + 1; place <= branch.newest; place++) {
			if (!branch.isUnread(place)) continue;
			const { number } = this.entryOn(branch, place) ?? {};
			if (number === undefined || this.keyOf(number) === key) return true;
		}
		return this.losses.isWiped(branch.epoch) && this.#mayHaveHad(branch, key, sequence);
	}

	/** Whether a wiped log may have had a newer event of a key that it stored after it was read for the last time. */
	#mayHaveHad({ epoch }: Branch, key: string, sequence: number): boolean {
		return this.#events.ofKey(key).some((number) => {
			if (this.ledger.isRead(number)) return false;
			const places = this.#sightings.of(number).map(({ position }) => position);
			return places.every((place) => place.epoch === epoch && place.sequence > sequence);
		});
	}

	/** What a branch has between two sequences that may be for a client. */
	*between(branch: Branch, after: number, upTo: number, reader: Reader): Iterable<Passed> {
		for (let sequence = after + 1; sequence <= upTo; sequence++) {
			const { number, told: id } = this.entryOn(branch, sequence) ?? {};
			const told = id === undefined ? undefined : this.told.get(id);
			if (id !== undefined && told?.clientId === reader.clientId) yield { id, sequence, told };
			const sent = number === undefined ? undefined : this.#events.get(number);
			if (number === undefined || sent === undefined) continue;
			if (isForClient(sent.target, reader)) yield { number, sequence, sent };
		}
	}

	/** Whether the engine still has what a branch had at a sequence. */
	isKept({ epoch, newest }: Branch, sequence: number): boolean {
		return newest - sequence < this.#maxEvents && !this.losses.isTrimmed({ epoch, sequence });
	}

	/** Whether the engine has removed events after a position, by a limit or by hand. */
	isTrimmedAfter(position: Position): boolean {
		const newest = this.ledger.of(position.epoch).at(-1)?.newest ?? 0;
		return newest - position.sequence >= this.#maxEvents || this.losses.isTrimmed(position);
	}

	/** Call when everything received has been checked and the log has been read. @returns contradictions */
	judge(): readonly string[] {
		const wrong = this.#untagged
			.splice(0)
			.filter(({ position }) => !this.#isGone(position))
			.flatMap(({ number, position }) => this.see(number, position) ?? []);
		const { entries, problems } = this.ledger.takeNew();
		const sightings = this.#sightings.takeNew();
		const byLog = sightings.filter(({ position }) => this.ledger.has(position)).length;
		const { log, receipt } = this.#evidence;
		this.#evidence = { log: log + byLog, receipt: receipt + sightings.length - byLog };
		return [
			...wrong,
			...problems,
			...entries.flatMap(({ branch, entry }) => this.#objectionTo(branch, entry) ?? []),
			...sightings.flatMap((each) => this.#objectionToSighting(each) ?? []),
			...[this.#epochsObjection()].flatMap((each) => each ?? []),
		];
	}

	/** Counts all positions judged. A position counts again if its event became known later. */
	get evidence(): Evidence {
		return this.#evidence;
	}

	/** An event is at one position of a branch, unless the first was lost when the second was stored. */
	#objectionTo(branch: Branch, { number }: Entry): string | undefined {
		if (number === undefined) return undefined;
		const { epoch } = branch;
		const places = branch.placesOf(number);
		const [one, other] = places.filter((sequence) => !this.losses.isTrimmed({ epoch, sequence }));
		if (one === undefined || other === undefined) return undefined;
		return `the log has event ${number} at ${epoch.slice(0, 6)}:${one} and at ${other}`;
	}

	#objectionToSighting({ position, number }: Sighting): string | undefined {
		const { epoch, sequence } = position;
		const name = nameOf(position);
		const branches = this.branchesWith(position);
		if (branches.length === 0) return `something was at ${name}, and the log has another there`;
		const beside = this.#unreadAt(epoch, sequence);
		const unread = this.ledger.of(epoch).filter((each) => each.isUnread(sequence));
		if (beside.length > Math.max(1, unread.length)) {
			return `the log has several entries in one place: ${beside.map((each) => nameOf(each.position)).join(", ")}`;
		}
		if (number === undefined) return undefined;
		const entries = branches.map((branch) => branch.at(sequence)).filter((each) => each);
		const others = entries.filter((entry) => entry?.number !== number);
		if (entries.length > 0 && others.length === entries.length) {
			return `event ${number} was at ${name}, where the log has event ${others[0]?.number}`;
		}
		const twin = this.#sightings.of(number).find((each) => this.#isBeside(each.position, position));
		return twin && `event ${number} is at ${nameOf(twin.position)} and at ${name}`;
	}

	/** Whether two positions must be on the same branch. */
	#isBeside(one: Position, other: Position): boolean {
		if (one === other || one.epoch !== other.epoch) return false;
		if (this.losses.isTrimmed(one) || this.losses.isTrimmed(other)) return false;
		const [ofOne, ofOther] = [this.branchesWith(one), this.branchesWith(other)];
		return ofOne.every((branch) => ofOther.every((each) => each === branch));
	}

	#epochsObjection(): string | undefined {
		const { epochs } = this.ledger;
		const most = this.losses.epochs;
		return epochs > most ? `there were ${epochs} epochs, where ${most} are explained` : undefined;
	}

	/** What is known of a position from receipts only. */
	#unreadAt(epoch: string, sequence: number): readonly Sighting[] {
		return this.#sightings.at(epoch, sequence).filter(({ position }) => !this.ledger.has(position));
	}

	#isGone(position: Position): boolean {
		return this.isTrimmedAfter(position) || this.losses.isWiped(position.epoch);
	}
}
