/**
 * The reading: goes through what one reader received, position by position, and reports what is wrong. Everything for the reader
 * must have been received, once and in order, or be covered by a gap.
 */
import type { Branch } from "../truth/branch.js";
import { nameOf, type Position } from "../truth/position.js";
import { isFor, isForClient, type Reader, stateGroupOf } from "../truth/target.js";
import type { Truth } from "../truth/truth.js";
import { Course, type Obstacle, type Step, type Traveller } from "./course.js";
import { Gaps } from "./gaps.js";
import { Orders } from "./orders.js";
import type { Gap, Received, Recovered } from "./received.js";
import type { Problem, Violation } from "./violation.js";

/** Enough to see what happened. */
export const KEPT = 40;

export class Reading {
	readonly #truth: Truth;
	readonly #reader: Reader;
	readonly #gaps: Gaps;
	readonly #orders: Orders;
	readonly #recent: Received[] = [];
	/** The newest event of each key that it received. */
	readonly #states = new Map<string, number>();
	readonly #traveller: Traveller;
	#at: Position | undefined;
	/** It is receiving the newest events of its groups. */
	#isPartial = false;
	/** What covered a loss, until its position arrives. */
	#recovered: Recovered | undefined;
	/** The courses that it can be on, given everything that it received since its last gap. */
	#courses: readonly Course[] = [];
	/** The branches already searched for courses. */
	readonly #known = new Set<Branch>();

	constructor(truth: Truth, reader: Reader) {
		this.#truth = truth;
		this.#reader = reader;
		this.#gaps = new Gaps(truth);
		this.#orders = new Orders(truth, reader);
		const { asked, unsettled } = this.#orders;
		this.#traveller = { reader, states: this.#states, asked, unsettled };
	}

	/** The log must have been read as far as this goes. */
	*goOn(received: readonly Received[]): Iterable<Violation> {
		for (const each of received) {
			const problems = [...this.#look(each)];
			this.#recent.push(each);
			if (this.#recent.length > KEPT) this.#recent.shift();
			yield* problems.map((problem) => this.#violationOf(problem));
		}
		if (this.#at !== undefined) this.#orders.settleAt(this.#at);
	}

	/** Checks that it has the newest event of each key that its groups keep. */
	*compare(): Iterable<Violation> {
		for (const problem of this.#staleStates()) yield this.#violationOf(problem);
	}

	*#look(received: Received): Iterable<Problem> {
		if (received.kind === "opened") this.#orders.onOpened(received, this.#courses);
		if (received.kind === "closed") this.#orders.onClosed();
		if (received.kind === "told") return this.#orders.onTold(received.id, this.#courses);
		const recovered = this.#recovered;
		if (received.kind !== "state") this.#recovered = undefined;
		if (received.kind === "recovered") return yield* this.#lookAtRecovered(received);
		if (!("position" in received || received.kind === "state")) return;
		if (received.kind === "state") return yield* this.#lookAtState(received.number);
		if (received.kind === "gap") {
			yield* this.#lookAtGap(received);
		} else if (recovered !== undefined && received.kind === "id") {
			yield* this.#lookAtGap({ ...received, kind: "gap", reason: recovered.reason });
		} else {
			const number = received.kind === "event" ? received.number : undefined;
			if (received.kind === "event") yield* this.#lookAtEvent(received);
			yield* this.#lookAtStep({ position: received.position, number, at: received.at });
		}
		if (received.kind !== "direct") this.#orders.onPosition();
		if (received.kind !== "gap" && received.kind !== "id") return;
		const wasPartial = this.#isPartial;
		this.#isPartial = received.isPartial === true;
		// It must receive the newest events of all its groups.
		if (this.#isPartial) this.#states.clear();
		else if (wasPartial) yield* this.#staleStates();
	}

	*#lookAtState(number: number): Iterable<Problem> {
		const sent = this.#truth.sent(number);
		const key = this.#truth.keyOf(number);
		if (sent === undefined || key === undefined) {
			return yield ["unknown", `event ${number} was never sent with a key`];
		}
		if (!isFor(sent.target, this.#reader)) yield this.#foreign(number);
		this.#states.set(key, number);
	}

	*#lookAtEvent({ number, ownId }: Received & { kind: "event" }): Iterable<Problem> {
		const sent = this.#truth.sent(number);
		if (sent === undefined) return yield ["unknown", `event ${number} was never sent`];
		// Whether it is for one of its groups depends on the position.
		if (!isForClient(sent.target, this.#reader)) yield this.#foreign(number);
		if (ownId !== sent.ownId) {
			yield ["id", `event ${number} has the own id ${ownId}, and was sent with ${sent.ownId}`];
		}
		const key = this.#truth.keyOf(number);
		if (key !== undefined) this.#states.set(key, number);
	}

	/** Checks that nothing is missing between the reader's last position and this one. */
	*#lookAtStep(step: Step): Iterable<Problem> {
		const { position, number } = step;
		const at = this.#at;
		const problem = at === undefined ? undefined : this.#problemOf(step, at);
		if (at === undefined || problem !== undefined) this.#settleAt(position);
		this.#at = position;
		if (problem !== undefined && (number === undefined || this.#truth.sent(number))) yield problem;
	}

	#problemOf(step: Step, at: Position): Problem | undefined {
		const { position, number } = step;
		const { epoch, sequence, tag } = position;
		const to = `from ${nameOf(at)} to ${nameOf(position)}`;
		if (epoch !== at.epoch) return ["continuity", `the epoch changes ${to} without a gap`];
		if (number !== undefined && sequence <= at.sequence) {
			const isTwice = this.#recent.some((each) => "number" in each && each.number === number);
			return [isTwice ? "twice" : "order", `event ${number} came after ${nameOf(at)}`];
		}
		if (sequence < at.sequence) return ["order", `it goes back ${to}`];
		if (sequence === at.sequence && tag !== at.tag) {
			return ["continuity", `the log diverges ${to} without a gap`];
		}
		const obstacles: Obstacle[] = [];
		this.#courses = this.#coursesFrom(at).filter((course) => {
			const obstacle = course.go(at, step);
			if (obstacle !== undefined) obstacles.push(obstacle);
			return obstacle === undefined;
		});
		if (this.#courses.length > 0) return undefined;
		const foreign = obstacles.find((each) => each.foreign !== undefined)?.foreign;
		if (foreign !== undefined) return this.#foreign(foreign);
		const [least] = obstacles
			.map(({ missed }) => missed)
			.filter(({ length }) => length > 0)
			.sort((one, other) => one.length - other.length);
		if (least === undefined) {
			return ["continuity", `it continues from what was lost, ${to}, without a gap`];
		}
		const missed = least.slice(0, 10).map((each) => `${each} for ${this.#targetOf(each)}`);
		const { summary } = this.#orders;
		return ["missed", `it goes ${to}, and has not been sent ${missed.join(", ")} (${summary})`];
	}

	*#lookAtGap(gap: Gap): Iterable<Problem> {
		const at = this.#at;
		// It carries a position.
		if (at === undefined) {
			this.#settleAt(gap.position);
			return yield ["gap", "it was nowhere before"];
		}
		const objection = this.#gaps.objectionTo(gap, at, this.#coursesFrom(at));
		this.#orders.onGap(this.#courses);
		this.#settleAt(gap.position);
		if (objection === undefined) return;
		const to = `from ${nameOf(at)} to ${nameOf(gap.position)}`;
		yield ["gap", `a gap says ${gap.reason} ${to}: ${objection}`];
	}

	/** `recover` must have received the position up to which the reader has everything. */
	*#lookAtRecovered(recovered: Recovered): Iterable<Problem> {
		this.#recovered = recovered;
		const { from, at } = recovered;
		if (from !== undefined) yield* this.#lookAtStep({ position: from, number: undefined, at });
	}

	/** Whatever happened before, the reader continues from here. */
	#settleAt(position: Position): void {
		const memberships = this.#orders.membershipsOn(this.#courses);
		this.#at = position;
		this.#courses = this.#truth
			.branchesWith(position)
			.map((branch) => new Course(this.#truth, this.#traveller, branch, memberships.copy()));
		for (const course of this.#courses) course.land(position);
		this.#known.clear();
		for (const branch of this.#truth.ledger.of(position.epoch)) this.#known.add(branch);
	}

	/** Its courses, and those of branches that have split off since. */
	#coursesFrom(at: Position): readonly Course[] {
		const courses = [...this.#courses];
		for (const branch of this.#truth.ledger.of(at.epoch)) {
			if (this.#known.has(branch)) continue;
			this.#known.add(branch);
			const parent = courses.find((course) => course.branch === branch.parent);
			const course = parent?.fork(branch, at);
			if (course !== undefined) courses.push(course);
		}
		return courses;
	}

	/** The keys for which it has an older event than a branch that it can be on has at its position. */
	*#staleStates(): Iterable<Problem> {
		const at = this.#at;
		if (at === undefined) return;
		const stale = this.#courses.map(({ branch }) => this.#staleOn(branch, at.sequence));
		const [least = []] = stale.sort((one, other) => one.length - other.length);
		for (const what of least) yield ["state", what];
	}

	#staleOn(branch: Branch, sequence: number): readonly string[] {
		return [...branch.keys()].flatMap((key) => {
			const newest = branch.newestOf(key, sequence);
			const number = branch.at(newest)?.number;
			const sent = number === undefined ? undefined : this.#truth.sent(number);
			if (number === undefined || sent === undefined || !isFor(sent.target, this.#reader))
				return [];
			if (stateGroupOf(sent.target) === undefined) return [];
			const own = this.#states.get(key);
			// A newer event is on its way.
			if (own === number || this.#truth.mayHaveNewer(branch, key, sequence)) return [];
			const isOfKey = own !== undefined && this.#truth.keyOf(own) === key;
			if (isOfKey && branch.mayHaveUnread(own, newest, sequence)) return [];
			return [`of ${key} it has event ${own}, and the newest is ${number}`];
		});
	}

	#foreign(number: number): Problem {
		const { summary } = this.#orders;
		return ["foreign", `event ${number} was for ${this.#targetOf(number)} (${summary})`];
	}

	#targetOf(number: number): string {
		return JSON.stringify(this.#truth.sent(number)?.target);
	}

	#violationOf([rule, what]: Problem): Violation {
		return { rule, reader: this.#reader.name, what, before: [...this.#recent] };
	}
}
