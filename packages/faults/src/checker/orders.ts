/**
 * The orders: commands that change the groups of one reader, and whether they apply to its stream. A process carries out a command
 * of another process when the log delivers it, for the streams that it has then and that are not past it.
 */
import type { Branch } from "../truth/branch.js";
import type { Position } from "../truth/position.js";
import type { Reader } from "../truth/target.js";
import type { Truth } from "../truth/truth.js";
import type { Course } from "./course.js";
import { Memberships } from "./memberships.js";
import type { Opened } from "./received.js";

/** How many are reported. */
const REPORTED = 10;

/** All processes are past what the log has when they have been ready, and those streams checked that opened until then. */
const SETTLED = 1;

/** A command that is still not stored after all processes were ready so many times never will be. */
const GIVEN_UP = 2;

export class Orders {
	/** Orders given while the stream was open and its process followed the log. */
	readonly asked = new Set<number>();
	/** Orders on their way when the stream opened: it is unknown whether they apply to it. */
	readonly unsettled = new Set<number>();
	/** Orders that the stream was past when it opened. Its process may not be, and may lead it back by a gap. */
	readonly #past = new Set<number>();
	readonly #truth: Truth;
	readonly #reader: Reader;
	/** Orders that some process may not have carried out yet, and how often all processes were ready since. */
	readonly #pending = new Map<number, number>();
	/** If no course says more. */
	#memberships: Memberships;
	/** The last orders. */
	readonly #history: number[] = [];
	#process: number | undefined;
	#isLive = false;

	constructor(truth: Truth, reader: Reader) {
		this.#truth = truth;
		this.#reader = reader;
		this.#memberships = Memberships.of(reader.groups);
	}

	/** A stream is open: its reader is in the groups of its request, and in those that orders named at that moment. */
	onOpened({ process, lastId }: Opened, courses: readonly Course[]): void {
		this.#process = process;
		this.#isLive = false;
		this.asked.clear();
		this.unsettled.clear();
		this.#past.clear();
		this.#memberships = Memberships.of(this.#reader.groups);
		for (const id of this.#pending.keys()) {
			const isPast = this.#isPast(id, lastId) && !this.#truth.olderVersions.has(process);
			if (isPast) this.#past.add(id);
			else this.#unsettle(id, [this.#memberships]);
		}
		for (const course of courses) course.memberships = this.#memberships.copy();
	}

	/** Its process follows the log, and has a position before everything that is stored from now on. */
	onPosition(): void {
		this.#isLive = this.#process !== undefined;
	}

	/** A gap is about to move the reader, from somewhere on these courses. Its process may not have had its position. */
	onGap(courses: readonly Course[]): void {
		const all = courses.map(({ memberships }) => memberships);
		for (const id of this.#past) this.#unsettle(id, [this.#memberships, ...all]);
		this.#past.clear();
	}

	onClosed(): void {
		this.#process = undefined;
		this.#isLive = false;
	}

	/** A process is about to receive an order. */
	onTold(id: number, courses: readonly Course[]): void {
		const told = this.#truth.told.get(id);
		if (told === undefined) return;
		this.#pending.set(id, 0);
		this.#history.push(id);
		if (this.#history.length > REPORTED) this.#history.shift();
		const all = courses.map(({ memberships }) => memberships);
		if (!this.#isLive) {
			this.#unsettle(id, [this.#memberships, ...all]);
			return;
		}
		this.#memberships.doubt(told.group);
		this.asked.add(id);
		const isOwn = told.process === this.#process;
		// A replay that has not reached this position skips events for a group that was left.
		if (!isOwn && told.do === "join") return;
		for (const memberships of all) memberships.obeyAhead(id, told);
	}

	/** @returns what is certain on all of these courses */
	membershipsOn(courses: readonly Course[]): Memberships {
		const [first, ...others] = courses.map(({ memberships }) => memberships);
		const common = (first ?? this.#memberships).copy();
		for (const other of others) common.doubtUnlike(other);
		return common;
	}

	/** For a report: the commands on the reader's groups, and where the log has them. */
	get summary(): string {
		const told = this.#history.map((id) => {
			const { do: what, group, process } = this.#truth.told.get(id) ?? {};
			const place = this.#truth.ledger.current?.placeOfTold(id) ?? "nowhere";
			const isAsked = this.asked.has(id) ? "" : ", not asked of this stream";
			return `${what} ${group} by ${process} at ${place}${isAsked}`;
		});
		const groups = this.#reader.groups.join(", ");
		return `on port ${this.#process}, connected to ${groups}; ${told.join("; ") || "nothing was told"}`;
	}

	/** All processes have delivered what the log has up to a position. */
	settleAt({ epoch, sequence }: Position): void {
		const { current } = this.#truth.ledger;
		for (const [id, settles] of this.#pending) {
			const place = current?.placeOfTold(id);
			const isElsewhere = this.#truth.ledger.all().some((branch) => branch.placeOfTold(id));
			const isBefore = place !== undefined && current?.epoch === epoch && place <= sequence;
			const isGone = place === undefined && isElsewhere;
			const isNowhere = place === undefined && settles >= GIVEN_UP;
			if (isNowhere || (settles >= SETTLED && (isBefore || isGone))) this.#pending.delete(id);
			else this.#pending.set(id, settles + 1);
		}
	}

	/** Whether the log has an order before a position, whatever branch that is on. */
	#isPast(id: number, at: Position | undefined): boolean {
		const branches = at === undefined ? [] : this.#truth.branchesWith(at);
		const { sequence = 0 } = at ?? {};
		const isIn = (branch: Branch): boolean => (branch.placeOfTold(id) ?? Infinity) <= sequence;
		return branches.length > 0 && branches.every(isIn);
	}

	/** It is unknown whether it applies to the stream. */
	#unsettle(id: number, all: readonly Memberships[]): void {
		const told = this.#truth.told.get(id);
		if (told === undefined) return;
		this.unsettled.add(id);
		for (const memberships of all) {
			// A process may repeat its own order whenever an older one arrives.
			if (told.process === this.#process) memberships.obeyAhead(id, told);
			else memberships.doubt(told.group);
		}
	}
}
